//! Clocks that are wrong, and clocks that jump.
//!
//! The program's own `IPCASCADE_NOW` is not set here: a small library takes the place of the C library's function that
//! reads the clock.

use std::io::Write as _;
use std::process::Command;

use ipcascade_tests::inventories::{Snapshot, Timeless};

use crate::world::{World, ended};

/// The clock begins at `CLOCK_AT` (seconds since 1970) and is `CLOCK_JUMP` seconds ahead every other time.
const SOURCE: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *t) {
    static int (*real)(clockid_t, struct timespec *);
    static long base, calls;
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(id, t);
    if (id != CLOCK_REALTIME) return result;
    const char *at = getenv("CLOCK_AT"), *jump = getenv("CLOCK_JUMP");
    if (!base) base = t->tv_sec;
    if (at) t->tv_sec += atol(at) - base;
    if (jump && ++calls % 2) t->tv_sec += atol(jump);
    return result;
}
"#;

/// Makes the library; `false`, said loudly, where there is no C compiler.
fn has_clock(world: &World) -> bool {
    world.sandbox.write("clock.c", SOURCE);
    let made = Command::new("cc")
        .args(["-shared", "-fPIC", "-o", "clock.so", "clock.c", "-ldl"])
        .current_dir(world.sandbox.path("."))
        .status();
    let is_made = made.is_ok_and(|status| status.success());
    if !is_made {
        let skipped = b"SKIPPED: there is no C compiler; wrong clocks are not tried\n";
        std::io::stderr().write_all(skipped).unwrap();
    }
    is_made
}

/// The program with a clock that begins at `at`.
fn at(world: &World, at: &str, jump: &str, args: &[&str]) -> Command {
    let mut command = world.sandbox.command(args);
    command
        .env_remove("IPCASCADE_NOW")
        .env("LD_PRELOAD", world.sandbox.path("clock.so"))
        .env("CLOCK_AT", at)
        .env("CLOCK_JUMP", jump);
    command
}

#[test]
fn a_clock_before_anything_was_seen_is_warned_of_and_ends_nothing() {
    let world = World::new();
    if !has_clock(&world) {
        return;
    }
    world.sandbox.write("list.txt", "2.1.0.1\n10.0.0.1\n");
    // 1967, just before 1970, and then.
    for seconds in ["-86400000", "-1", "0"] {
        let url = format!("sqlite://at{seconds}.db");
        for command in [&["enrich", "list.txt"][..], &["refresh"], &["backfill"]] {
            let args = world.with(&url, command);
            let run = ended(&mut at(&world, seconds, "0", &args)).expect(0);
            let warning = "warning: the clock of this machine says 19";
            assert!(run.stderr.contains(warning), "{seconds}: {run:?}");
        }
        // In a log, what is said to be later than now is refused, and said.
        let run = ended(&mut at(&world, seconds, "0", &world.enrich(&url))).expect(1);
        assert!(run.stderr.contains("in the future"), "{seconds}: {run:?}");
        ended(&mut at(&world, seconds, "0", &["--db", &url, "verify"])).expect(0);
    }
}

#[test]
fn no_later_time_makes_a_difference() {
    let world = World::new();
    if !has_clock(&world) {
        return;
    }
    world.undisturbed();
    let undisturbed = Snapshot::of(&world.sandbox, "sqlite://undisturbed.db", Timeless::Yes);
    // The ends of 31 and 32 bits, and 2100.
    for seconds in ["2147483646", "4294967294", "4102444800"] {
        let url = format!("sqlite://at{seconds}.db");
        for command in [&["enrich", "cowrie.json"][..], &["refresh"]] {
            let args = world.with(&url, command);
            ended(&mut at(&world, seconds, "0", &args)).expect(0);
        }
        ended(&mut at(&world, seconds, "0", &["--db", &url, "verify"])).expect(0);
        Snapshot::of(&world.sandbox, &url, Timeless::Yes).assert_same(&undisturbed);
    }
}

#[test]
fn a_clock_that_jumps_back_and_forth_changes_no_count() {
    let world = World::new();
    if !has_clock(&world) {
        return;
    }
    world.undisturbed();
    let expected = Snapshot::of(&world.sandbox, "sqlite://undisturbed.db", Timeless::Yes);
    // By an hour, by ten years, and back.
    for jump in ["3600", "-3600", "315360000", "-315360000"] {
        let url = format!("sqlite://jump{jump}.db");
        for _ in 0..2 {
            ended(&mut at(&world, "1773144000", jump, &world.enrich(&url))).expect(0);
        }
        let refresh = world.with(&url, &["refresh"]);
        ended(&mut at(&world, "1773144000", jump, &refresh)).expect(0);
        world.sandbox.run(&["--db", &url, "verify"]).expect(0);
        Snapshot::of(&world.sandbox, &url, Timeless::Yes).assert_same(&expected);
    }
}

//! `--online config check` asks services.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use ipcascade_testkit::program::Sandbox;

use crate::PROGRAM;

/// Answers one request with `body`.
fn serve(
    listener: TcpListener,
    body: &'static str,
) -> std::thread::JoinHandle<std::io::Result<String>> {
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        let mut request = [0; 4096];
        let length = stream.read(&mut request)?;
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes())?;
        Ok(String::from_utf8_lossy(&request[..length]).into_owned())
    })
}

#[test]
fn online_providers_are_asked_only_with_online() {
    let sandbox = Sandbox::new(PROGRAM);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let config = format!(
        "[[cascade.steps]]\nprovider = \"greynoise\"\n[providers.greynoise]\nbase_url = \"http://{address}\"\n"
    );
    sandbox.write("ipcascade.toml", &config);
    // There would be no answer: nothing accepts the connection yet.
    let run = sandbox.run(&["config", "check"]).expect(0);
    assert!(run.stdout.contains("ok      greynoise"), "{run:?}");
    let served = serve(
        listener,
        r#"{"ip":"9.9.9.9","noise":false,"riot":true,"classification":"benign","name":"Quad9","last_seen":"2026-03-01","message":"Success"}"#,
    );
    let run = sandbox.run(&["--online", "config", "check"]).expect(0);
    assert!(
        run.stdout.contains("ok      greynoise: it answers"),
        "{run:?}"
    );
    assert!(served.join().unwrap().unwrap().contains("9.9.9.9"));
    let run = sandbox.run(&["--online", "config", "check"]).expect(2);
    assert!(run.stderr.contains("error: greynoise: "), "{run:?}");
    assert!(
        run.stderr
            .contains("hint: `ipcascade providers show greynoise`"),
        "{run:?}"
    );
}

//! What providers that ask DNS have in common: several servers, of which one is asked at a time, and
//! the settings that name them.

mod block;
mod fail_fast;
mod presentation;
mod resolvers;
mod settings;
mod zone;

pub use block::block;
pub use fail_fast::ask_all;
pub use presentation::presentation;
pub use resolvers::{NoAnswer, Resolvers};
pub use settings::{check_concurrency, seconds, servers};
pub use zone::Zone;

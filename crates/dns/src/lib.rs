//! What providers that ask DNS have in common: several servers, of which one is asked at a time, and
//! the settings that name them.

mod patience;
mod resolvers;
mod settings;

pub use patience::ask_all;
pub use resolvers::{Resolvers, is_nothing};
pub use settings::{check_concurrency, seconds, servers};

//! Unpacks inputs, recognised by their first bytes: compression, archives, UTF-16, also nested.

#[cfg(feature = "archives")]
mod archive;
mod gzip;
mod input;
mod kind;
#[cfg(feature = "archives")]
mod tar_headers;
mod unpack;
mod utf16;

pub use input::Input;
pub(crate) use input::{ByteStream, FailOnce, explained};
pub(crate) use unpack::{unpack, unpack_file};

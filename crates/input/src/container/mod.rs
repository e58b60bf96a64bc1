//! What an input is packed in, recognised by what it begins with: compression, archives, UTF-16, one in another.

#[cfg(feature = "archives")]
mod archive;
mod gzip;
mod input;
mod kind;
mod unpack;
mod utf16;

pub use input::Input;
pub(crate) use input::{ByteStream, explained};
pub(crate) use unpack::{unpack, unpack_file};

//! The files of `examples/quickstart`.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};

use crate::error::{Error, Result};
use crate::{cowrie, mmdb};

/// One file.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name in the directory.
    pub name: &'static str,
    /// Its unpacked content.
    pub content: Vec<u8>,
    /// Whether it is stored gzipped.
    pub gzip: bool,
}

impl File {
    /// The bytes to store.
    pub fn stored(&self) -> Result<Vec<u8>> {
        if !self.gzip {
            return Ok(self.content.clone());
        }
        let mut encoder = GzBuilder::new()
            .mtime(0)
            .write(Vec::new(), Compression::best());
        encoder.write_all(&self.content)?;
        Ok(encoder.finish()?)
    }

    /// Whether these stored bytes contain this file's content. The compressed size may change with the compressor's
    /// version; the content may not.
    pub fn is_stored_in(&self, stored: &[u8]) -> bool {
        if !self.gzip {
            return stored == self.content;
        }
        let mut content = Vec::new();
        GzDecoder::new(stored).read_to_end(&mut content).is_ok() && content == self.content
    }
}

/// All files.
pub fn files() -> Result<Vec<File>> {
    let logs = cowrie::sample()?;
    let plain = |name, content| File {
        name,
        content,
        gzip: false,
    };
    Ok(vec![
        plain("sample-asn.mmdb", mmdb::sample_asn()?),
        plain("sample-city.mmdb", mmdb::sample_city()?),
        plain("cowrie.json", logs.current),
        File {
            name: "cowrie.json.2026-11-20.gz",
            content: logs.rotated,
            gzip: true,
        },
    ])
}

/// Writes all files to a directory, which is created if needed, and returns the names of those that changed.
pub fn write(directory: &Path) -> Result<Vec<&'static str>> {
    fs::create_dir_all(directory).map_err(Error::file(directory))?;
    let mut changed = Vec::new();
    for file in files()? {
        let path = directory.join(file.name);
        match fs::read(&path) {
            Ok(stored) if file.is_stored_in(&stored) => continue,
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(Error::file(path)(e)),
        }
        fs::write(&path, file.stored()?).map_err(Error::file(path))?;
        changed.push(file.name);
    }
    Ok(changed)
}

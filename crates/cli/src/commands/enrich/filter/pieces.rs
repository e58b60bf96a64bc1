//! Text with gaps.

/// A text with gaps that are all filled with the same.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    text: Vec<u8>,
    /// The offsets of the gaps in the text.
    holes: Vec<usize>,
}

impl Pieces {
    /// The text so far, to append to.
    pub(super) const fn text(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// Leaves a gap.
    pub(super) fn leave_hole(&mut self) {
        self.holes.push(self.text.len());
    }

    /// Whether it is empty.
    pub(super) const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Appends the text to `out`, with what `fill` appends in the gaps.
    pub(super) fn write(&self, out: &mut Vec<u8>, fill: impl Fn(&mut Vec<u8>)) {
        let mut done = 0;
        for &hole in &self.holes {
            out.extend_from_slice(self.text.get(done..hole).unwrap_or_default());
            fill(out);
            done = hole;
        }
        out.extend_from_slice(self.text.get(done..).unwrap_or_default());
    }
}

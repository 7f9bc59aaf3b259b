//! The tree where a segment begins, kept so that a log of many segments is opened quickly. It is
//! believed only where a signed checkpoint has the same root.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::Serialize;

use crate::audit::chain::Chain;
use crate::audit::folder::FRONTIER;
use crate::audit::reads::Reads;
use crate::audit::tree::Digest;
use crate::audit::tree::Frontier;

/// What is in the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saved {
    size: u64,
    prev: String,
    time: String,
    set_back: u64,
    mended: u64,
    roots: Vec<String>,
}

impl Saved {
    pub(super) fn of(chain: &Chain) -> Self {
        Self {
            size: chain.seq(),
            prev: hex::encode(chain.prev),
            time: chain.time.clone(),
            set_back: chain.set_back,
            mended: chain.mended,
            roots: chain.tree.roots().iter().map(hex::encode).collect(),
        }
    }

    pub(super) fn text(&self) -> String {
        // Texts and numbers alone.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The chain at that place. What the file says of the last line before it is not believed but
    /// looked at by who calls.
    pub(super) fn load(dir: &Path) -> Option<Chain> {
        /// 64 roots in hexadecimal, and the rest.
        const MAX_FILE: u64 = 8 * 1024;
        let path = dir.join(FRONTIER);
        let length = fs::metadata(&path).ok()?.len();
        (length <= MAX_FILE).then_some(())?;
        let saved: Self = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        let roots = saved.roots.iter().map(|root| digest(root));
        Some(Chain {
            tree: Frontier::restore(saved.size, roots.collect::<Option<_>>()?)?,
            prev: digest(&saved.prev)?,
            time: saved.time,
            set_back: saved.set_back,
            mended: saved.mended,
            reads: Reads::default(),
        })
    }
}

fn digest(text: &str) -> Option<Digest> {
    let mut digest = [0; 32];
    hex::decode_to_slice(text, &mut digest).ok()?;
    Some(digest)
}

//! A chip that follows a script.

use crate::error::TransportError;
use crate::transport::Limits;
use crate::transport::Medium;
use crate::transport::Transport;

/// Answers by a function of the command, and keeps what it heard.
pub(in crate::reader) struct Script<F> {
    answer: F,
    pub(in crate::reader) heard: Vec<Vec<u8>>,
}

impl<F: FnMut(&[u8]) -> Vec<u8>> Script<F> {
    pub(in crate::reader) const fn new(answer: F) -> Self {
        Self {
            answer,
            heard: Vec::new(),
        }
    }
}

impl<F: FnMut(&[u8]) -> Vec<u8>> Transport for Script<F> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.heard.push(command.to_vec());
        Ok((self.answer)(command))
    }

    fn limits(&self) -> Limits {
        Limits {
            max_command: 65_544,
            max_response: 65_538,
            atr: Vec::new(),
            medium: Medium::Reader,
        }
    }
}

//! A terminal made for these cases alone: it sends whatever it is told, protected or not, and asserts
//! where a real one would judge. It shares no code with the chip and none with the reader.

use cancuoc::bytes::tlv::Reader;
use cancuoc::bytes::tlv::encode;
use cancuoc::crypto::agreement::Private;
use cancuoc::crypto::agreement::Public;
use cancuoc::crypto::cipher;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::cipher::Key;
use cancuoc::crypto::hash::Hash;
use cancuoc::crypto::kdf;
use cancuoc::crypto::kdf::Purpose;
use cancuoc::crypto::mac;
use cancuoc::secret::Secret;
use cancuoc::sim::chip::Chip;
use cancuoc::sim::personalisation::PaceOffer;
use cancuoc::sim::seed::Seeded;

pub const SELECT_APPLICATION: [u8; 4] = [0, 0xA4, 4, 0x0C];
pub const SELECT_FILE: [u8; 4] = [0, 0xA4, 2, 0x0C];
pub const SELECT_MASTER: [u8; 4] = [0, 0xA4, 0, 0x0C];
pub const GET_CHALLENGE: [u8; 4] = [0, 0x84, 0, 0];
pub const EXTERNAL: [u8; 4] = [0, 0x82, 0, 0];
pub const INTERNAL: [u8; 4] = [0, 0x88, 0, 0];
pub const SET_PACE: [u8; 4] = [0, 0x22, 0xC1, 0xA4];
pub const SET_CHIP: [u8; 4] = [0, 0x22, 0x41, 0xA4];
pub const SET_DST: [u8; 4] = [0, 0x22, 0x81, 0xB6];
pub const SET_AT: [u8; 4] = [0, 0x22, 0x81, 0xA4];
pub const VERIFY: [u8; 4] = [0, 0x2A, 0, 0xBE];
pub const GENERAL: [u8; 4] = [0, 0x86, 0, 0];

/// Identifier of the eMRTD application.
pub const EMRTD: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];

/// Data in one command of a chain, in bytes: what is left of a short command under secure messaging.
const LINK_OF_CHAIN: usize = 200;

/// Bit of the class octet: more of a chain follows.
const CHAINED: u8 = 0x10;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub data: Vec<u8>,
    pub status: u16,
    pub form: Form,
}

/// How it came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Protected,
    Plain,
}

impl Answer {
    /// Whether ISO/IEC 7816-4 calls the status an error, or it is the warning 63xx.
    pub fn is_refusal(&self) -> bool {
        matches!(self.status >> 8, 0x63..=0x6F) && self.data.is_empty()
    }
}

pub struct Host {
    pub chip: Chip,
    pub keys: Option<Keys>,
    /// Comp() of the chip's ephemeral key in the last run of PACE.
    pub chip_ephemeral: Vec<u8>,
    /// Whether long data goes out in a chain of short commands, or in one extended command.
    pub chains: bool,
    runs: u32,
}

/// Keys of secure messaging.
pub struct Keys {
    encryption: Key,
    authentication: Key,
    counter: u128,
}

impl Keys {
    pub fn new(cipher: Cipher, shared: &[u8], counter: u128) -> Self {
        Self {
            encryption: kdf::derive(cipher, shared, Purpose::Encryption),
            authentication: kdf::derive(cipher, shared, Purpose::Authentication),
            counter,
        }
    }

    fn block(&self) -> usize {
        self.encryption.cipher().block_len()
    }

    fn counter(&self) -> Vec<u8> {
        self.counter.to_be_bytes()[16 - self.block()..].to_vec()
    }

    fn vector(&self) -> Vec<u8> {
        match self.encryption.cipher() {
            Cipher::TripleDes => Vec::new(),
            _ => self.encryption.encrypt(&[], &self.counter()).unwrap(),
        }
    }

    fn code(&self, datagram: Vec<u8>) -> Vec<u8> {
        let padded = match self.encryption.cipher() {
            Cipher::TripleDes => datagram,
            _ => cipher::pad(&datagram, self.block()),
        };
        mac::tag(&self.authentication, &[&padded]).to_vec()
    }

    /// The data objects of a protected command, checksum and all.
    pub fn protect(&mut self, header: [u8; 4], data: &[u8], le: &[u8]) -> Vec<u8> {
        self.counter += 1;
        let mut objects = Vec::new();
        if !data.is_empty() {
            let padded = cipher::pad(data, self.block());
            let cryptogram = self.encryption.encrypt(&self.vector(), &padded).unwrap();
            objects.extend(if header[1] % 2 == 1 {
                encode(0x85, &[&cryptogram])
            } else {
                encode(0x87, &[&[1], &cryptogram])
            });
        }
        if !le.is_empty() {
            objects.extend(encode(0x97, &[le]));
        }
        let mut datagram = self.counter();
        if objects.is_empty() {
            datagram.extend(header);
        } else {
            datagram.extend(cipher::pad(&header, self.block()));
            datagram.extend(&objects);
        }
        let code = self.code(datagram);
        [objects, encode(0x8E, &[&code])].concat()
    }

    fn open(&mut self, response: &[u8], odd: bool) -> Answer {
        self.counter += 1;
        let (objects, outer) = response.split_at(response.len() - 2);
        let mut reader = Reader::new(objects);
        let wanted = if odd { 0x85 } else { 0x87 };
        let cryptogram = reader.optional(wanted, "cryptogram").unwrap();
        let status = reader.expect(0x99, "status").unwrap().value.to_vec();
        let authenticated = objects[..reader.offset()].to_vec();
        let code = reader.expect(0x8E, "checksum").unwrap().value;
        reader.finish("response").unwrap();
        assert_eq!(status, outer);
        let datagram = [self.counter(), authenticated].concat();
        assert_eq!(self.code(datagram), code, "checksum of the response");
        let data = cryptogram.map_or_else(Vec::new, |element| {
            let cryptogram = match odd {
                true => element.value,
                false => element.value.strip_prefix(&[1]).unwrap(),
            };
            let padded = self.encryption.decrypt(&self.vector(), cryptogram).unwrap();
            cipher::unpad(&padded).unwrap().to_vec()
        });
        Answer {
            data,
            status: u16::from_be_bytes([outer[0], outer[1]]),
            form: Form::Protected,
        }
    }
}

impl Host {
    pub fn new(chip: Chip, chains: bool) -> Self {
        Self {
            chip,
            keys: None,
            chip_ephemeral: Vec::new(),
            chains,
            runs: 0,
        }
    }

    /// Powers the chip down and up.
    pub fn reset(&mut self) {
        self.chip.reset();
        self.keys = None;
    }

    /// Sends bytes as they are.
    pub fn raw(&mut self, command: &[u8]) -> Answer {
        let mut data = self.chip.process(command);
        let status = data.split_off(data.len() - 2);
        Answer {
            data,
            status: u16::from_be_bytes([status[0], status[1]]),
            form: Form::Plain,
        }
    }

    /// Sends a command in the clear, whatever keys there are.
    pub fn plain(&mut self, header: [u8; 4], data: &[u8], le: &[u8]) -> Answer {
        self.raw(&apdu(header, data, le))
    }

    /// Sends a command under secure messaging where there is a session, else in the clear. Long data
    /// goes out in a chain, or in extended form.
    pub fn send(&mut self, header: [u8; 4], data: &[u8], le: &[u8]) -> Answer {
        if self.chains && data.len() > LINK_OF_CHAIN {
            let parts: Vec<&[u8]> = data.chunks(LINK_OF_CHAIN).collect();
            let (last, others) = parts.split_last().unwrap();
            for part in others {
                let [class, rest @ ..] = header;
                let [instruction, p1, p2] = rest;
                let answer = self.one([class | CHAINED, instruction, p1, p2], part, &[]);
                if answer.status != 0x9000 {
                    return answer;
                }
            }
            return self.one(header, last, le);
        }
        self.one(header, data, le)
    }

    fn one(&mut self, header: [u8; 4], data: &[u8], le: &[u8]) -> Answer {
        if self.keys.is_none() {
            return self.plain(header, data, le);
        }
        let command = self.protect(header, data, le);
        self.deliver(&command)
    }

    /// A protected command, not sent yet.
    pub fn protect(&mut self, header: [u8; 4], data: &[u8], le: &[u8]) -> Vec<u8> {
        let header = [header[0] | 0x0C, header[1], header[2], header[3]];
        let objects = self.keys.as_mut().unwrap().protect(header, data, le);
        let outer: &[u8] = if objects.len() > 255 || le.len() > 1 {
            &[0, 0]
        } else {
            &[0]
        };
        apdu(header, &objects, outer)
    }

    /// Sends what [`Host::protect`] made. An answer in the clear means that the session is over.
    pub fn deliver(&mut self, command: &[u8]) -> Answer {
        let response = self.chip.process(command);
        let response = self.whole(response);
        if response.len() == 2 {
            self.keys = None;
            return Answer {
                data: Vec::new(),
                status: u16::from_be_bytes([response[0], response[1]]),
                form: Form::Plain,
            };
        }
        let odd = command[1] % 2 == 1;
        self.keys.as_mut().unwrap().open(&response, odd)
    }

    /// What is left of an answer, fetched with GET RESPONSE.
    fn whole(&mut self, mut response: Vec<u8>) -> Vec<u8> {
        while let [.., 0x61, _] = response[..] {
            response.truncate(response.len() - 2);
            response.extend(self.chip.process(&[0, 0xC0, 0, 0, 0]));
        }
        response
    }

    /// Selects the eMRTD application.
    pub fn select_application(&mut self) -> Answer {
        self.send(SELECT_APPLICATION, &EMRTD, &[])
    }

    /// Basic access control in the clear; the status of the step that failed, or 9000.
    pub fn bac(&mut self, mrz_information: &[u8]) -> u16 {
        let challenge = self.plain(GET_CHALLENGE, &[], &[8]);
        if challenge.status != 0x9000 {
            return challenge.status;
        }
        let challenge = challenge.data;
        let seed = Hash::Sha1.digest(&[mrz_information]);
        let encryption = kdf::derive(Cipher::TripleDes, &seed[..16], Purpose::Encryption);
        let authentication = kdf::derive(Cipher::TripleDes, &seed[..16], Purpose::Authentication);
        let ours = [[0xA1; 8].as_slice(), &challenge, &[0xB2; 16]].concat();
        let cryptogram = encryption.encrypt(&[], &ours).unwrap();
        let code = mac::tag(&authentication, &[&cryptogram]);
        let answer = self.plain(EXTERNAL, &[cryptogram, code.to_vec()].concat(), &[0x28]);
        if answer.status != 0x9000 {
            return answer.status;
        }
        let (cryptogram, code) = answer.data.split_at(32);
        assert_eq!(mac::tag(&authentication, &[cryptogram]).as_slice(), code);
        let theirs = encryption.decrypt(&[], cryptogram).unwrap();
        assert_eq!(theirs[..16], [challenge.as_slice(), &[0xA1; 8]].concat());
        let shared: Vec<u8> = theirs[16..].iter().map(|octet| octet ^ 0xB2).collect();
        let counter = [&challenge[4..], &[0xA1; 4]].concat();
        let counter = u64::from_be_bytes(counter.try_into().unwrap());
        self.keys = Some(Keys::new(Cipher::TripleDes, &shared, counter.into()));
        0x9000
    }

    /// PACE with generic mapping, under the password of this number; the status of the step that
    /// failed, or 9000.
    pub fn pace(&mut self, offer: &PaceOffer, password: u8, secret: &[u8], chat: &[u8]) -> u16 {
        let template = [
            encode(0x80, &[&offer.oid]),
            encode(0x83, &[&[password]]),
            chat.to_vec(),
        ]
        .concat();
        let answer = self.send(SET_PACE, &template, &[]);
        // 63Cx is a warning here.
        if answer.status != 0x9000 && answer.status & 0xFFF0 != 0x63C0 {
            return answer.status;
        }
        self.run_pace(offer, secret).err().unwrap_or(0x9000)
    }

    fn run_pace(&mut self, offer: &PaceOffer, secret: &[u8]) -> Result<(), u16> {
        self.runs += 1;
        let mut random = Seeded::new(&format!("terminal of the cases, run {}", self.runs));
        let cipher = offer.protocol.cipher;
        let domain = &offer.domain;
        let nonce = self.step(0, &[], 0x80)?;
        let secret = kdf::derive(cipher, secret, Purpose::Password);
        let nonce = Secret::new(secret.decrypt(&[], &nonce).unwrap());
        let map = domain.generate(&mut random).unwrap();
        let theirs = self.step(0x81, map.public().data(), 0x82)?;
        let shared = map.shared(&domain.public(&theirs).unwrap()).unwrap();
        let generator = domain.map_generic(&nonce, &shared).unwrap();
        let private = domain.generate(&mut random).unwrap();
        let ours = private.public_under(&generator).unwrap();
        let theirs = self.step(0x83, ours.data(), 0x84)?;
        let theirs = domain.public(&theirs).unwrap();
        let shared = private.agree(&theirs).unwrap();
        let key = kdf::derive(cipher, shared.expose(), Purpose::Authentication);
        let token = mac::tag(&key, &[&token_input(&offer.oid, &theirs)]);
        let data = encode(0x7C, &[&encode(0x85, &[&token])]);
        let answer = self.send(GENERAL, &data, &[0]);
        if answer.status != 0x9000 {
            return Err(answer.status);
        }
        let mut inside = Reader::new(&answer.data)
            .expect(0x7C, "answer")
            .unwrap()
            .inside()
            .unwrap();
        let expected = mac::tag(&key, &[&token_input(&offer.oid, &ours)]);
        assert_eq!(inside.expect(0x86, "token").unwrap().value, expected);
        self.chip_ephemeral = theirs.compressed();
        self.keys = Some(Keys::new(cipher, shared.expose(), 0));
        Ok(())
    }

    /// One GENERAL AUTHENTICATE in the middle of PACE; gives the value of the object that comes back.
    fn step(&mut self, tag: u32, value: &[u8], wanted: u32) -> Result<Vec<u8>, u16> {
        let inside = match tag {
            0 => Vec::new(),
            tag => encode(tag, &[value]),
        };
        let [_, rest @ ..] = GENERAL;
        let [instruction, p1, p2] = rest;
        let header = [CHAINED, instruction, p1, p2];
        let answer = self.one(header, &encode(0x7C, &[&inside]), &[0]);
        if answer.status != 0x9000 {
            return Err(answer.status);
        }
        let mut inside = Reader::new(&answer.data)
            .expect(0x7C, "answer")
            .unwrap()
            .inside()
            .unwrap();
        Ok(inside.expect(wanted, "answer").unwrap().value.to_vec())
    }

    /// Chip authentication version 1 against this key; gives Comp() of the terminal's key.
    pub fn authenticate_chip(&mut self, oid: &[u8], cipher: Cipher, chip: &Public) -> Vec<u8> {
        let domain = chip.domain();
        let own: Private = domain
            .generate(&mut Seeded::new("chip authentication of the cases"))
            .unwrap();
        let answer = self.send(SET_CHIP, &encode(0x80, &[oid]), &[]);
        assert_eq!(answer.status, 0x9000);
        let data = encode(0x7C, &[&encode(0x80, &[own.public().data()])]);
        let answer = self.send(GENERAL, &data, &[0]);
        assert_eq!(answer.status, 0x9000);
        let shared = own.agree(chip).unwrap();
        self.keys = Some(Keys::new(cipher, shared.expose(), 0));
        own.public().compressed()
    }
}

/// A command in the shortest form that holds it.
pub fn apdu(header: [u8; 4], data: &[u8], le: &[u8]) -> Vec<u8> {
    let length = match (data.len(), le.len()) {
        (0, 2) => vec![0],
        (0, _) => Vec::new(),
        (length @ 1..=255, 0 | 1) => vec![u8::try_from(length).unwrap()],
        (length, _) => {
            let [high, low] = u16::try_from(length).unwrap().to_be_bytes();
            vec![0, high, low]
        }
    };
    [&header[..], &length, data, le].concat()
}

/// What a token is made over.
fn token_input(oid: &[u8], key: &Public) -> Vec<u8> {
    encode(
        0x7F49,
        &[&encode(0x06, &[oid]), &encode(0x86, &[key.data()])],
    )
}

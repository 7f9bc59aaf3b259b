//! A small terminal, made for the tests of the chip alone. It asserts where a real one would judge.

use crate::bytes::tlv;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Public;
use crate::crypto::cipher;
use crate::crypto::cipher::Cipher;
use crate::crypto::cipher::Key;
use crate::crypto::hash::Hash;
use crate::crypto::kdf;
use crate::crypto::kdf::Purpose;
use crate::crypto::mac;
use crate::lds::security_infos::Mapping;
use crate::secret::Secret;
use crate::sim::chip::Chip;
use crate::sim::personalisation::PaceOffer;
use crate::sim::personalisation::Personalisation;
use crate::sim::seed::Seeded;

pub(super) struct Host {
    pub(super) chip: Chip,
    keys: Option<Keys>,
    /// What chip authentication mapping gave in the last run.
    pub(super) quotient: Option<Vec<u8>>,
    /// The chip's public key of the mapping step in the last run.
    pub(super) mapped: Option<Public>,
    /// Our ephemeral key of the last run.
    pub(super) ephemeral: Option<Public>,
    /// What was sent in the clear by [`Host::command`].
    pub(super) sent: Vec<Vec<u8>>,
    /// What to send with MSE:Set AT as the terminal's rights, if anything.
    pub(super) rights: Vec<u8>,
    /// The authorities that the chip named in the last run.
    pub(super) authorities: Vec<Vec<u8>>,
}

pub(super) struct Keys {
    encryption: Key,
    authentication: Key,
    counter: u128,
}

impl Keys {
    pub(super) fn new(cipher: Cipher, shared: &[u8], counter: u128) -> Self {
        Self {
            encryption: kdf::derive(cipher, shared, Purpose::Encryption),
            authentication: kdf::derive(cipher, shared, Purpose::Authentication),
            counter,
        }
    }

    /// Session keys as an example prints them.
    pub(super) const fn printed(encryption: Key, authentication: Key) -> Self {
        Self {
            encryption,
            authentication,
            counter: 0,
        }
    }

    fn block(&self) -> usize {
        self.encryption.cipher().block_len()
    }

    fn ssc(&self) -> Vec<u8> {
        self.counter.to_be_bytes()[16 - self.block()..].to_vec()
    }

    fn iv(&self) -> Vec<u8> {
        match self.encryption.cipher() {
            Cipher::TripleDes => Vec::new(),
            _ => self.encryption.encrypt(&[], &self.ssc()).unwrap(),
        }
    }

    fn code(&self, datagram: Vec<u8>) -> Vec<u8> {
        let padded = match self.encryption.cipher() {
            Cipher::TripleDes => datagram,
            _ => cipher::pad(&datagram, self.block()),
        };
        mac::tag(&self.authentication, &[&padded]).to_vec()
    }

    /// Protects a command; `le` is the value of data object 97.
    fn protect(&mut self, header: [u8; 4], data: &[u8], le: &[u8]) -> (Vec<u8>, Vec<u8>) {
        self.counter += 1;
        let mut objects = Vec::new();
        if !data.is_empty() {
            let padded = cipher::pad(data, self.block());
            let cryptogram = self.encryption.encrypt(&self.iv(), &padded).unwrap();
            objects.extend(if header[1] % 2 == 1 {
                tlv::encode(0x85, &[&cryptogram])
            } else {
                tlv::encode(0x87, &[&[1], &cryptogram])
            });
        }
        if !le.is_empty() {
            objects.extend(tlv::encode(0x97, &[le]));
        }
        let mut datagram = self.ssc();
        if objects.is_empty() {
            datagram.extend(header);
        } else {
            datagram.extend(cipher::pad(&header, self.block()));
            datagram.extend(&objects);
        }
        let code = self.code(datagram);
        (objects, code)
    }

    fn open(&mut self, response: &[u8], odd: bool) -> (Vec<u8>, u16) {
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
        let datagram = [self.ssc(), authenticated].concat();
        assert_eq!(self.code(datagram), code, "checksum of the response");
        let data = cryptogram.map_or_else(Vec::new, |element| {
            let cryptogram = if odd {
                element.value
            } else {
                element.value.strip_prefix(&[1]).unwrap()
            };
            let padded = self.encryption.decrypt(&self.iv(), cryptogram).unwrap();
            cipher::unpad(&padded).unwrap().to_vec()
        });
        (data, u16::from_be_bytes([outer[0], outer[1]]))
    }
}

impl Host {
    pub(super) fn new(card: Personalisation) -> Self {
        Self::with(Chip::new(card, Box::new(Seeded::new("chip"))))
    }

    pub(super) fn with(chip: Chip) -> Self {
        Self {
            chip,
            keys: None,
            quotient: None,
            mapped: None,
            ephemeral: None,
            rights: Vec::new(),
            sent: Vec::new(),
            authorities: Vec::new(),
        }
    }

    /// Sends a command as it is; both ways in hexadecimal.
    pub(super) fn plain(&mut self, command: &str) -> String {
        hex::encode(self.chip.process(&hex::decode(command).unwrap()))
    }

    pub(super) fn use_keys(&mut self, keys: Keys) {
        self.keys = Some(keys);
    }

    /// The chip has ended the session, or will find that the terminal has.
    pub(super) fn forget_keys(&mut self) {
        self.keys = None;
    }

    /// Builds a protected command in short form.
    pub(super) fn protect(&mut self, header: [u8; 4], data: &[u8], le: &[u8]) -> Vec<u8> {
        let header = [header[0] | 0x0C, header[1], header[2], header[3]];
        let (objects, code) = self.keys.as_mut().unwrap().protect(header, data, le);
        let body = [objects, tlv::encode(0x8E, &[&code])].concat();
        let length = u8::try_from(body.len()).unwrap();
        [&header[..], &[length], &body, &[0]].concat()
    }

    pub(super) fn open(&mut self, response: &[u8], odd: bool) -> (Vec<u8>, u16) {
        self.keys.as_mut().unwrap().open(response, odd)
    }

    /// Sends a command under secure messaging, in short form.
    pub(super) fn send(&mut self, header: [u8; 4], data: &[u8], le: &[u8]) -> (Vec<u8>, u16) {
        let command = self.protect(header, data, le);
        let response = self.chip.process(&command);
        self.open(&response, header[1] % 2 == 1)
    }

    /// The same in extended form.
    pub(super) fn send_extended(
        &mut self,
        header: [u8; 4],
        data: &[u8],
        le: &[u8],
    ) -> (Vec<u8>, u16) {
        let header = [header[0] | 0x0C, header[1], header[2], header[3]];
        let (objects, code) = self.keys.as_mut().unwrap().protect(header, data, le);
        let body = [objects, tlv::encode(0x8E, &[&code])].concat();
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        let command = [&header[..], &[0], &length, &body, &[0, 0]].concat();
        let response = self.chip.process(&command);
        self.open(&response, header[1] % 2 == 1)
    }

    /// BAC with the worked example's key.
    pub(super) fn bac(&mut self, le: &str) -> String {
        assert_eq!(self.plain(super::SELECT_AID), "9000");
        let challenge = self.plain("0084000008");
        let Some(challenge) = challenge.strip_suffix("9000") else {
            return challenge;
        };
        let challenge = hex::decode(challenge).unwrap();
        let seed = Hash::Sha1.digest(&[super::MRZ]);
        let encryption = kdf::derive(Cipher::TripleDes, &seed[..16], Purpose::Encryption);
        let authentication = kdf::derive(Cipher::TripleDes, &seed[..16], Purpose::Authentication);
        let ours = [[0xA1; 8].as_slice(), &challenge, &[0xB2; 16]].concat();
        let cryptogram = encryption.encrypt(&[], &ours).unwrap();
        let code = mac::tag(&authentication, &[&cryptogram]);
        let answer = self.plain(&format!(
            "0082000028{}{}{le}",
            hex::encode(&cryptogram),
            hex::encode(code)
        ));
        let Some(answer) = answer.strip_suffix("9000").filter(|rest| !rest.is_empty()) else {
            return answer;
        };
        let answer = hex::decode(answer).unwrap();
        let (cryptogram, code) = answer.split_at(32);
        assert_eq!(mac::tag(&authentication, &[cryptogram]).as_slice(), code);
        let theirs = encryption.decrypt(&[], cryptogram).unwrap();
        assert_eq!(theirs[..16], [challenge.as_slice(), &[0xA1; 8]].concat());
        let shared: Vec<u8> = theirs[16..].iter().map(|octet| octet ^ 0xB2).collect();
        let counter = u64::from_be_bytes(
            [&challenge[4..], &[0xA1; 4]]
                .concat()
                .as_slice()
                .try_into()
                .unwrap(),
        );
        self.use_keys(Keys::new(Cipher::TripleDes, &shared, counter.into()));
        "9000".to_owned()
    }

    /// PACE with the CAN; gives the status word of the step that failed, or 9000.
    pub(super) fn pace(&mut self, offer: &PaceOffer, can: &[u8], reference: &[u8]) -> String {
        self.pace_as(offer, 2, can, reference)
    }

    /// PACE with any password, inside the session if there is one.
    pub(super) fn pace_as(
        &mut self,
        offer: &PaceOffer,
        password: u8,
        secret: &[u8],
        reference: &[u8],
    ) -> String {
        let mut template = [
            tlv::encode(0x80, &[&offer.oid]),
            tlv::encode(0x83, &[&[password]]),
        ]
        .concat();
        if !reference.is_empty() {
            template.extend(tlv::encode(0x84, &[reference]));
        }
        template.extend(&self.rights);
        let (_, status) = self.command([0, 0x22, 0xC1, 0xA4], &template, false);
        // 63Cx is a warning here.
        if status != 0x9000 && status & 0xFFF0 != 0x63C0 {
            return format!("{status:04x}");
        }
        self.run_pace(offer, secret)
            .map_or_else(|status| format!("{status:04x}"), |()| "9000".to_owned())
    }

    fn run_pace(&mut self, offer: &PaceOffer, secret: &[u8]) -> Result<(), u16> {
        let mut random = Seeded::new("terminal");
        let cipher = offer.protocol.cipher;
        let domain = &offer.domain;
        let nonce = self.step(0, &[])?;
        let secret = kdf::derive(cipher, secret, Purpose::Password);
        let nonce = Secret::new(secret.decrypt(&[], &nonce).unwrap());
        let mut mapped = None;
        let generator = if offer.protocol.mapping == Mapping::Integrated {
            let ours = vec![0x5A; cipher.key_len()];
            assert!(self.step(0x81, &ours)?.is_empty());
            domain.map_integrated(cipher, &nonce, &ours).unwrap()
        } else {
            let map = domain.generate(&mut random).unwrap();
            let theirs = self.step(0x81, map.public().data())?;
            let theirs = domain.public(&theirs).unwrap();
            let shared = map.shared(&theirs).unwrap();
            mapped = Some(theirs);
            domain.map_generic(&nonce, &shared).unwrap()
        };
        let private = domain.generate(&mut random).unwrap();
        let ours = private.public_under(&generator).unwrap();
        let theirs = domain.public(&self.step(0x83, ours.data())?).unwrap();
        let shared = private.agree(&theirs).unwrap();
        let key = kdf::derive(cipher, shared.expose(), Purpose::Authentication);
        let token = mac::tag(&key, &[&token_input(offer, &theirs)]);
        let data = tlv::encode(0x7C, &[&tlv::encode(0x85, &[&token])]);
        let (answer, status) = self.command([0, 0x86, 0, 0], &data, true);
        if status != 0x9000 {
            return Err(status);
        }
        let mut answer = Reader::new(&answer)
            .expect(0x7C, "answer")
            .unwrap()
            .inside()
            .unwrap();
        let expected = mac::tag(&key, &[&token_input(offer, &ours)]);
        assert_eq!(answer.expect(0x86, "token").unwrap().value, expected);
        self.authorities = (0x87..=0x88)
            .filter_map(|tag| answer.optional(tag, "authority").unwrap())
            .map(|element| element.value.to_vec())
            .collect();
        let encrypted = answer
            .optional(0x8A, "chip authentication data")
            .unwrap()
            .map(|element| element.value.to_vec());
        answer.finish("answer").unwrap();
        self.quotient = encrypted.map(|encrypted| {
            let key = kdf::derive(cipher, shared.expose(), Purpose::Encryption);
            let vector = key.encrypt(&[], &[0xFF; 16]).unwrap();
            let padded = key.decrypt(&vector, &encrypted).unwrap();
            cipher::unpad(&padded).unwrap().to_vec()
        });
        self.mapped = mapped;
        self.ephemeral = Some(ours);
        self.use_keys(Keys::new(cipher, shared.expose(), 0));
        Ok(())
    }

    /// A command in whatever form it needs, under secure messaging where there is a session.
    pub(super) fn command(&mut self, header: [u8; 4], data: &[u8], le: bool) -> (Vec<u8>, u16) {
        let long = data.len() > 200;
        let expected: &[u8] = match (le, long) {
            (false, _) => &[],
            (true, false) => &[0],
            (true, true) => &[0, 0],
        };
        if self.keys.is_some() {
            return if long {
                self.send_extended(header, data, expected)
            } else {
                self.send(header, data, expected)
            };
        }
        let length = if long {
            let [high, low] = u16::try_from(data.len()).unwrap().to_be_bytes();
            vec![0, high, low]
        } else {
            vec![u8::try_from(data.len()).unwrap()]
        };
        let command = [&header[..], &length, data, expected].concat();
        let mut answer = self.chip.process(&command);
        self.sent.push(command);
        let status = answer.split_off(answer.len() - 2);
        (answer, u16::from_be_bytes([status[0], status[1]]))
    }

    /// PACE with the card's first offer, then the application, under secure messaging.
    pub(super) fn into_application(card: Personalisation) -> Self {
        let offer = card.pace[0].clone();
        let mut host = Self::new(card);
        assert_eq!(host.pace(&offer, super::CAN, &[]), "9000");
        host.select_application();
        host
    }

    pub(super) fn select_application(&mut self) {
        let aid = hex::decode("a0000002471001").unwrap();
        let answer = self.send([0, 0xA4, 4, 0x0C], &aid, &[]);
        assert_eq!(answer, (Vec::new(), 0x9000));
    }

    pub(super) fn general_authenticate(&mut self, class: &str, tag: u32, value: &[u8]) -> String {
        let inside = if tag == 0 {
            Vec::new()
        } else {
            tlv::encode(tag, &[value])
        };
        let data = tlv::encode(0x7C, &[&inside]);
        self.plain(&format!(
            "{class}860000{:02x}{}00",
            data.len(),
            hex::encode(&data)
        ))
    }

    /// One step of the chain; gives what is inside.
    fn step(&mut self, tag: u32, value: &[u8]) -> Result<Vec<u8>, u16> {
        let inside = match tag {
            0 => Vec::new(),
            _ => tlv::encode(tag, &[value]),
        };
        let data = tlv::encode(0x7C, &[&inside]);
        let (answer, status) = self.command([0x10, 0x86, 0, 0], &data, true);
        if status != 0x9000 {
            return Err(status);
        }
        let mut inside = Reader::new(&answer)
            .expect(0x7C, "answer")
            .unwrap()
            .inside()
            .unwrap();
        Ok(inside.element("answer").unwrap().value.to_vec())
    }
}

fn token_input(offer: &PaceOffer, key: &Public) -> Vec<u8> {
    let oid = tlv::encode(tag::OID, &[&offer.oid]);
    let tag = match offer.domain.agreement() {
        Agreement::Dh => 0x84,
        Agreement::Ecdh => 0x86,
    };
    tlv::encode(0x7F49, &[&oid, &tlv::encode(tag, &[key.data()])])
}

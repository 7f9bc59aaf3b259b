use super::*;
use crate::bytes::tlv::Reader;
use crate::crypto::curve::Curve;
use crate::pki::cvc::build::DV;
use crate::pki::cvc::build::Draft;
use crate::pki::cvc::build::IS;
use crate::pki::cvc::build::Key;

const ECDSA: [u8; 2] = [2, 3];

fn chain() -> Vec<CvCertificate> {
    let [root, dv, is] = [1, 2, 3].map(|number| Key::ec(Curve::P256, number));
    [
        Draft::new("UTCVCA00001", "UTDV00001", DV, &dv, ECDSA).sign(&root, ECDSA),
        Draft::new("UTDV00001", "UTIS00001", IS, &is, ECDSA).sign(&dv, ECDSA),
    ]
    .iter()
    .map(|bytes| CvCertificate::decode(bytes).unwrap())
    .collect()
}

fn binding() -> Binding {
    Binding {
        chip: b"T220001293".to_vec(),
        ephemeral: vec![0xEE; 32],
    }
}

fn answer(data: &[u8], status: u16) -> Response {
    Response {
        data: data.to_vec(),
        status: Status(status),
    }
}

fn ok() -> Response {
    answer(&[], 0x9000)
}

fn header(command: &Command) -> [u8; 4] {
    [command.class, command.instruction, command.p1, command.p2]
}

/// Runs the chain through and gives the last step, with every command on the way.
fn present(version: Version) -> (AwaitSelection, Vec<Command>) {
    let mut commands = Vec::new();
    let mut next = start(&chain(), version, binding());
    loop {
        match next {
            Next::Certificate(step, command) => {
                commands.push(command);
                let (step, command) = step.selected(&ok()).unwrap();
                commands.push(command);
                next = step.verified(&ok()).unwrap();
            }
            Next::Terminal(step, command) => {
                commands.push(command);
                return (step, commands);
            }
        }
    }
}

#[test]
fn version_one_goes_as_the_standard_has_it() {
    let (step, commands) = present(Version::One);
    let [first, dv, second, is, at] = commands.as_slice() else {
        panic!("{} commands", commands.len());
    };
    assert_eq!(header(first), [0x00, 0x22, 0x81, 0xB6]);
    assert_eq!(first.data, b"\x83\x0BUTCVCA00001");
    assert_eq!(header(dv), [0x00, 0x2A, 0x00, 0xBE]);
    let mut objects = Reader::new(&dv.data);
    objects.expect(0x7F4E, "body").unwrap();
    objects.expect(0x5F37, "signature").unwrap();
    objects.finish("certificate").unwrap();
    assert_eq!(second.data, b"\x83\x09UTDV00001");
    assert_eq!(is.data, chain()[1].body_and_signature());
    assert_eq!(header(at), [0x00, 0x22, 0x81, 0xA4]);
    assert_eq!(at.data, b"\x83\x09UTIS00001");
    let (step, command) = step.selected(&ok()).unwrap();
    assert_eq!(
        (header(&command), command.expected),
        ([0x00, 0x84, 0x00, 0x00], 8)
    );
    let step = step.challenge(&answer(b"challeng", 0x9000)).unwrap();
    let expected = [&b"T220001293challeng"[..], &[0xEE; 32]].concat();
    assert_eq!(step.message(), expected);
    let (step, command) = step.signed(vec![7; 64]);
    assert_eq!(header(&command), [0x00, 0x82, 0x00, 0x00]);
    assert_eq!((command.data.len(), command.expected), (64, 0));
    assert_eq!(step.finished(&ok()), Ok(()));
}

#[test]
fn version_two_announces_what_it_signs() {
    let oid = chain()[1].key.oid().to_vec();
    let auxiliary = Some(b"\x73\x00".to_vec());
    let (step, commands) = present(Version::Two {
        oid: oid.clone(),
        auxiliary,
    });
    let mut data = Reader::new(&commands[4].data);
    assert_eq!(data.expect(0x80, "oid").unwrap().value, oid);
    assert_eq!(data.expect(0x83, "key").unwrap().value, b"UTIS00001");
    assert_eq!(data.expect(0x67, "auxiliary").unwrap().value, b"\x73\x00");
    assert_eq!(data.expect(0x91, "ephemeral").unwrap().value, [0xEE; 32]);
    data.finish("MSE:Set AT").unwrap();
    let (step, _) = step.selected(&ok()).unwrap();
    let step = step.challenge(&answer(b"challeng", 0x9000)).unwrap();
    assert!(step.message().ends_with(&[0xEE, 0x67, 0x02, 0x73, 0x00]));
    let without = Version::Two {
        oid,
        auxiliary: None,
    };
    let (_, commands) = present(without);
    assert!(!commands[4].data.windows(2).any(|pair| pair == [0x67, 0x02]));
}

#[test]
fn a_refusal_is_told_with_its_step() {
    let refused = |step, status| Fault::Refused {
        step,
        status: Status(status),
    };
    let Next::Certificate(step, _) = start(&chain(), Version::One, binding()) else {
        panic!("a certificate first");
    };
    let fault = step.selected(&answer(&[], 0x6A88)).unwrap_err();
    assert_eq!(fault, refused(Step::SetDst, 0x6A88));
    let Next::Certificate(step, _) = start(&chain(), Version::One, binding()) else {
        panic!("a certificate first");
    };
    let (step, _) = step.selected(&ok()).unwrap();
    let fault = step.verified(&answer(&[], 0x6300)).unwrap_err();
    assert_eq!(fault, refused(Step::VerifyCertificate, 0x6300));
    let select = || present(Version::One).0;
    let fault = select().selected(&answer(&[], 0x6A80)).unwrap_err();
    assert_eq!(fault, refused(Step::SetAt, 0x6A80));
    let ask = || select().selected(&ok()).unwrap().0;
    let fault = ask().challenge(&answer(b"challeng", 0x6985)).unwrap_err();
    assert_eq!(fault, refused(Step::GetChallenge, 0x6985));
    let (verdict, _) = ask()
        .challenge(&answer(b"challeng", 0x9000))
        .unwrap()
        .signed(Vec::new());
    let fault = verdict.finished(&answer(&[], 0x6300)).unwrap_err();
    assert_eq!(fault, refused(Step::ExternalAuthenticate, 0x6300));
}

#[test]
fn a_challenge_of_another_length_is_not_signed() {
    for length in [0, 7, 9, 256] {
        let step = present(Version::One).0.selected(&ok()).unwrap().0;
        let fault = step
            .challenge(&answer(&vec![1; length], 0x9000))
            .unwrap_err();
        assert_eq!(fault, Fault::BadChallenge { length });
    }
}

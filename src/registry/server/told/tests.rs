//! What is told of whom, and what it costs.

use super::*;
use crate::registry::answer::Agreements;
use crate::registry::answer::CardStatus;
use crate::registry::answer::Person;
use crate::registry::facts::Fact;

const KIND: FactKind = FactKind::PermanentResidence;

fn said(status: CardStatus, person: Person, name: Agreement, birth: Agreement) -> Answer {
    let silent = Agreement::NotSupplied;
    let agreements = Agreements {
        number: Agreement::Match,
        name,
        birth,
        sex: silent,
        nationality: silent,
        document_number: silent,
        expiry: silent,
    };
    let now = Timestamp::UNIX_EPOCH;
    let mut answer = Answer::new(status, agreements, now, now);
    answer.person = person;
    answer.disclosed = vec![Fact {
        kind: KIND,
        value: "Số 1 Ngõ Thử".to_owned(),
        place: None,
    }];
    answer
}

#[test]
fn facts_are_told_of_the_holder_of_a_card_in_force_who_is_known_by_more_than_a_number() {
    use Agreement::Match;
    use Agreement::Mismatch;
    use Agreement::NotSupplied;
    use CardStatus::Active;
    use Holder::Claimed;
    use Holder::Shown;
    use Person::InForce;

    for (status, person, name, birth, holder, told) in [
        (Active, InForce, Match, Match, Claimed, true),
        (Active, InForce, NotSupplied, Match, Shown, true),
        (Active, InForce, NotSupplied, Match, Claimed, false),
        (Active, InForce, Agreement::NotOnFile, Match, Claimed, false),
        (Active, InForce, Match, Mismatch, Claimed, false),
        (Active, InForce, Match, Mismatch, Shown, false),
        (Active, InForce, Mismatch, Match, Shown, false),
        (Active, Person::Deceased, Match, Match, Shown, false),
        (
            CardStatus::ReportedLost,
            InForce,
            Match,
            Match,
            Shown,
            false,
        ),
        (CardStatus::Expired, InForce, Match, Match, Shown, false),
        (CardStatus::NotIssued, InForce, Match, Match, Claimed, false),
    ] {
        let mut one = said(status, person, name, birth);
        withhold(&mut one, &[KIND], &[KIND], holder);
        let what = format!("{status:?} {person:?} {name:?} {birth:?} {holder:?}");
        assert_eq!(one.disclosed.len(), usize::from(told), "{what}");
        assert_eq!(one.withheld.len(), usize::from(!told), "{what}");
        // The procedure may not see it.
        let mut one = said(status, person, name, birth);
        withhold(&mut one, &[KIND], &[], holder);
        assert!(one.disclosed.is_empty(), "{what}");
        assert_eq!(one.withheld, [KIND], "{what}");
    }
}

#[test]
fn every_decision_has_its_cost() {
    let costs = Costs {
        unknown: 20,
        mismatch: 5,
        confirmed: 1,
    };
    let gone = CardStatus::Revoked;
    for (decision, tokens) in [
        (Decision::NotOnFile, 20),
        (Decision::Mismatch, 5),
        (Decision::Confirmed, 1),
        (Decision::NotInForce(gone), 1),
        (Decision::PersonNotInForce(Person::Deceased), 1),
    ] {
        assert_eq!(cost(costs, decision), tokens, "{decision:?}");
    }
}

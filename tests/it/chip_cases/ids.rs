//! Which function plays which row, and which rows the list itself has deleted.
//!
//! Each row is a test with its identifier as its name.

use std::collections::BTreeMap;
use std::panic;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;

use crate::chip_cases::authentication;
use crate::chip_cases::certificates;
use crate::chip_cases::files;
use crate::chip_cases::hidden;
use crate::chip_cases::order;
use crate::chip_cases::rights;
use crate::chip_cases::stage::Kind;
use crate::chip_cases::trust;
use crate::chip_cases::unmoved;

/// On which chips a row is played: a profile may ask for one kind of keys or access control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Both,
    EcdsaPace,
    RsaBac,
}

impl On {
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Both => &Kind::ALL,
            Self::EcdsaPace => &[Kind::EcdsaPace],
            Self::RsaBac => &[Kind::RsaBac],
        }
    }
}

/// A row that is played.
pub struct Played {
    /// In lower case.
    pub id: &'static str,
    pub on: On,
    pub case: fn(Kind),
}

/// What came of each row. A row is played once, for its own test or for the count, whichever is first.
static OUTCOMES: Mutex<BTreeMap<&'static str, Arc<OnceLock<Outcome>>>> =
    Mutex::new(BTreeMap::new());

/// How a row went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    Failed,
}

impl Played {
    pub fn play(&self) -> Outcome {
        let outcome = {
            let mut outcomes = OUTCOMES.lock().unwrap();
            Arc::clone(outcomes.entry(self.id).or_default())
        };
        *outcome.get_or_init(|| {
            let all = || self.on.kinds().iter().for_each(|kind| (self.case)(*kind));
            match panic::catch_unwind(all) {
                Ok(()) => Outcome::Passed,
                Err(_) => Outcome::Failed,
            }
        })
    }
}

macro_rules! rows {
    ($($id:ident: $on:ident, $module:ident::$function:ident;)*) => {
        /// Every row that is played.
        pub const PLAYED: &[Played] = &[
            $(Played { id: stringify!($id), on: On::$on, case: $module::$function },)*
        ];

        $(
            #[test]
            fn $id() {
                let row = PLAYED.iter().find(|row| row.id == stringify!($id)).unwrap();
                assert_eq!(row.play(), Outcome::Passed);
            }
        )*
    };
}

rows! {
    // ISO7816_H
    iso7816_h_1: Both, hidden::h_1;
    iso7816_h_2: Both, hidden::h_2;
    iso7816_h_3: Both, hidden::h_3;
    iso7816_h_4: Both, hidden::h_4;
    iso7816_h_5: Both, hidden::h_5;
    iso7816_h_6: Both, hidden::h_6;
    iso7816_h_7: Both, hidden::h_7;
    iso7816_h_8: Both, hidden::h_8;
    iso7816_h_9: Both, hidden::h_9;
    iso7816_h_10: Both, hidden::h_10;
    iso7816_h_11: Both, hidden::h_11;
    iso7816_h_12: Both, hidden::h_12;
    iso7816_h_13: Both, hidden::h_13;
    iso7816_h_14: Both, hidden::h_14;
    iso7816_h_15: Both, hidden::h_15;
    iso7816_h_16: Both, hidden::h_16;
    // ISO7816_J
    iso7816_j_1: Both, certificates::j_1;
    iso7816_j_2: Both, certificates::j_2;
    iso7816_j_3: Both, certificates::j_3;
    iso7816_j_4: Both, certificates::j_4;
    iso7816_j_5: Both, certificates::j_5;
    iso7816_j_6: Both, certificates::j_6;
    iso7816_j_7: Both, certificates::j_7;
    iso7816_j_8: Both, certificates::j_8;
    iso7816_j_9: Both, certificates::j_9;
    iso7816_j_10: Both, certificates::j_10;
    iso7816_j_11: Both, certificates::j_11;
    iso7816_j_12: Both, certificates::j_12;
    iso7816_j_13: Both, certificates::j_13;
    iso7816_j_15: Both, certificates::j_15;
    iso7816_j_17: Both, certificates::j_17;
    iso7816_j_18: Both, certificates::j_18;
    iso7816_j_19: Both, certificates::j_19;
    iso7816_j_20: Both, certificates::j_20;
    iso7816_j_21: Both, certificates::j_21;
    iso7816_j_22: Both, certificates::j_22;
    iso7816_j_23: Both, certificates::j_23;
    iso7816_j_24: Both, certificates::j_24;
    iso7816_j_25: Both, unmoved::j_25;
    iso7816_j_26: Both, unmoved::j_26;
    iso7816_j_27: Both, unmoved::j_27;
    iso7816_j_28: Both, unmoved::j_28;
    iso7816_j_29: Both, unmoved::j_29;
    iso7816_j_30: Both, unmoved::j_30;
    iso7816_j_31: Both, unmoved::j_31;
    iso7816_j_32: RsaBac, unmoved::j_32;
    iso7816_j_33: EcdsaPace, unmoved::j_33;
    iso7816_j_34: EcdsaPace, unmoved::j_34;
    iso7816_j_35: Both, unmoved::j_35;
    iso7816_j_36: Both, unmoved::j_36;
    iso7816_j_37: Both, unmoved::j_37;
    iso7816_j_38: EcdsaPace, unmoved::j_38;
    iso7816_j_39: RsaBac, unmoved::j_39;
    iso7816_j_40: RsaBac, unmoved::j_40;
    iso7816_j_41: Both, unmoved::j_41;
    iso7816_j_43: Both, order::j_43;
    iso7816_j_44: Both, order::j_44;
    iso7816_j_45: Both, order::j_45;
    iso7816_j_46: Both, order::j_46;
    iso7816_j_47: Both, order::j_47;
    iso7816_j_48: Both, order::j_48;
    iso7816_j_49: Both, order::j_49;
    iso7816_j_50: Both, order::j_50;
    iso7816_j_51: Both, order::j_51;
    iso7816_j_52: Both, order::j_52;
    iso7816_j_53: Both, order::j_53;
    iso7816_j_55: Both, certificates::j_55;
    iso7816_j_56: Both, certificates::j_56;
    // ISO7816_K
    iso7816_k_1: Both, authentication::k_1;
    iso7816_k_2: Both, authentication::k_2;
    iso7816_k_4: Both, authentication::k_4;
    iso7816_k_5: Both, authentication::k_5;
    iso7816_k_6: Both, authentication::k_6;
    iso7816_k_7: Both, authentication::k_7;
    iso7816_k_10: Both, authentication::k_10;
    iso7816_k_12: Both, authentication::k_12;
    iso7816_k_14: Both, authentication::k_14;
    iso7816_k_15: Both, authentication::k_15;
    iso7816_k_17: Both, authentication::k_17;
    iso7816_k_18: Both, authentication::k_18;
    iso7816_k_19: Both, authentication::k_19;
    iso7816_k_20: EcdsaPace, authentication::k_20;
    // ISO7816_L
    iso7816_l_1: Both, rights::l_1;
    iso7816_l_2: Both, rights::l_2;
    iso7816_l_3: Both, rights::l_3;
    iso7816_l_4: Both, rights::l_4;
    iso7816_l_5: Both, rights::l_5;
    iso7816_l_6: Both, rights::l_6;
    iso7816_l_7: Both, rights::l_7;
    iso7816_l_8: Both, rights::l_8;
    iso7816_l_9: Both, rights::l_9;
    iso7816_l_10: Both, rights::l_10;
    iso7816_l_11: Both, rights::l_11;
    iso7816_l_12: Both, rights::l_12;
    iso7816_l_13: RsaBac, rights::l_13;
    iso7816_l_14: EcdsaPace, rights::l_14;
    iso7816_l_15: EcdsaPace, rights::l_15;
    iso7816_l_16: RsaBac, rights::l_16;
    // ISO7816_M
    iso7816_m_1: Both, trust::m_1;
    iso7816_m_2: Both, trust::m_2;
    iso7816_m_3: Both, trust::m_3;
    iso7816_m_4: Both, trust::m_4;
    iso7816_m_5: Both, order::m_5;
    iso7816_m_6: Both, trust::m_6;
    // ISO7816_N
    iso7816_n_1: Both, trust::n_1;
    // LDS_E
    lds_e_2: Both, files::e_2;
    lds_e_5: Both, files::e_5;
    // LDS_F
    lds_f_1: Both, files::f_1;
    // LDS_G
    lds_g_1: Both, files::g_1;
    lds_g_2: Both, files::g_2;
    lds_g_3: Both, files::g_3;
    lds_g_4: Both, files::g_4;
    lds_g_5: Both, files::g_5;
    lds_g_6: Both, files::g_6;
    lds_g_7: Both, files::g_7;
    lds_g_8: Both, files::g_8;
    lds_g_9: Both, files::g_9;
    lds_g_10: Both, files::g_10;
    lds_g_11: Both, files::g_11;
    // LDS_H
    lds_h_1: Both, files::h_1;
    lds_h_2: Both, files::h_2;
    lds_h_3: Both, files::h_3;
    lds_h_4: Both, files::h_4;
    lds_h_5: Both, files::h_5;
    lds_h_6: Both, files::h_6;
    lds_h_7: Both, files::h_7;
    lds_h_8: Both, files::h_8;
    lds_h_9: Both, files::h_9;
    lds_h_10: Both, files::h_10;
    lds_h_11: Both, files::h_11;
    // LDS_L
    lds_l_1: Both, files::l_1;
    lds_l_2: Both, files::l_2;
    lds_l_3: Both, files::l_3;
    lds_l_4: Both, files::l_4;
    lds_l_5: Both, files::l_5;
}

/// Rows that are in the list and deleted there, and what stands in their place.
pub const DELETED: &[(&str, &str)] = &[
    ("iso7816_j_14", "gone without another in its place"),
    ("iso7816_j_16", "gone without another in its place"),
    ("iso7816_j_42", "J_41 plays it"),
    ("iso7816_j_54", "M_5 plays it"),
    ("iso7816_k_3", "L_11 plays it"),
    ("iso7816_k_8", "gone without another in its place"),
    ("iso7816_k_9", "gone without another in its place"),
    ("iso7816_k_11", "K_14 plays it"),
    ("iso7816_k_13", "L_11 plays it"),
    ("iso7816_k_16", "K_2 plays it"),
    ("lds_e_1", "gone without another in its place"),
    ("lds_e_3", "gone without another in its place"),
    ("lds_e_4", "gone without another in its place"),
];

/// Rows that no chip of ours can have, and why.
pub const NOT_APPLICABLE: &[(&str, &str)] = &[];

//! Curves that have no crate of their own: RustCrypto's generic fields (`primefield`) and group law
//! (`primeorder`) under the parameters of FIPS 186-4 Appendix D.1.2 and RFC 5639 §3.

/// Declares a prime field in a module of its own.
macro_rules! field {
    ($module:ident, $name:ident, $uint:ty, $modulus:expr, $non_residue:literal) => {
        pub use $module::$name;

        mod $module {
            use elliptic_curve::ff::PrimeField;
            use elliptic_curve::subtle::Choice;
            use elliptic_curve::subtle::ConstantTimeEq;
            use elliptic_curve::subtle::CtOption;

            use super::*;

            primefield::monty_field_params! {
                name: Params,
                modulus: $modulus,
                uint: $uint,
                byte_order: primefield::ByteOrder::BigEndian,
                multiplicative_generator: $non_residue,
                doc: "Modulus of the field"
            }

            primefield::monty_field_element! {
                name: $name,
                params: Params,
                uint: $uint,
                doc: "Element of the field"
            }

            primefield::monty_field_arithmetic! {
                name: $name,
                params: Params,
                uint: $uint
            }
        }
    };
}

/// Declares one curve. `modulus` and `order` are padded with zeros to the width of the integer;
/// the non-residues are the least quadratic ones (square roots need one, nothing here needs a
/// generator of the whole multiplicative group).
macro_rules! declare {
    (
        module: $module:ident,
        curve: $curve:ident,
        uint: $uint:ident,
        octets: $octets:ident,
        modulus: $modulus:literal,
        modulus_non_residue: $modulus_non_residue:literal,
        order: $order:literal,
        order_non_residue: $order_non_residue:literal,
        arithmetic: $arithmetic:ident,
        a: $a:literal,
        b: $b:literal,
        x: $x:literal,
        y: $y:literal,
    ) => {
        pub(super) use $module::$curve;

        #[allow(
            clippy::indexing_slicing,
            clippy::as_conversions,
            clippy::panic,
            missing_docs,
            unreachable_pub,
            dead_code,
            reason = "what the macros of primefield expand to"
        )]
        mod $module {
            use elliptic_curve::CurveArithmetic;
            use elliptic_curve::FieldBytes;
            use elliptic_curve::PrimeCurveArithmetic;
            use elliptic_curve::bigint::Odd;
            use elliptic_curve::bigint::$uint as Integer;
            use elliptic_curve::consts::$octets as Octets;
            use elliptic_curve::ff::PrimeField;
            use elliptic_curve::field::bytes_to_uint;
            use elliptic_curve::hazmat::FieldArithmetic;
            use elliptic_curve::ops::BatchInvert;
            use elliptic_curve::ops::Reduce;
            use elliptic_curve::point::PointCompression;
            use elliptic_curve::scalar::FromUintUnchecked;
            use elliptic_curve::scalar::IsHigh;
            use elliptic_curve::subtle::Choice;
            use elliptic_curve::subtle::ConstantTimeGreater;
            use primeorder::PrimeCurveParams;
            use primeorder::mul_backend;
            use primeorder::point_arithmetic;
            use primeorder::wnaf;

            #[doc = concat!("The curve ", stringify!($curve))]
            #[derive(Copy, Clone, Debug, Default, Eq, PartialEq, PartialOrd, Ord)]
            pub struct $curve;

            const ORDER: &str = $order;

            field! { field, FieldElement, Integer, $modulus, $modulus_non_residue }
            impl BatchInvert for FieldElement {}

            field! { scalar, Scalar, Integer, ORDER, $order_non_residue }
            elliptic_curve::scalar_impls!($curve, Scalar);

            wnaf::impl_wnaf_size_for_scalar!(Scalar);

            impl AsRef<Scalar> for Scalar {
                fn as_ref(&self) -> &Scalar {
                    self
                }
            }

            impl FromUintUnchecked for Scalar {
                type Uint = Integer;

                fn from_uint_unchecked(uint: Integer) -> Self {
                    Self::from_uint_unchecked(uint)
                }
            }

            impl IsHigh for Scalar {
                fn is_high(&self) -> Choice {
                    const HALF: Integer =
                        Odd::<Integer>::from_be_hex(ORDER).as_ref().shr_vartime(1);
                    self.to_canonical().ct_gt(&HALF)
                }
            }

            impl Reduce<Integer> for Scalar {
                fn reduce(number: &Integer) -> Self {
                    // Reduces on the way into Montgomery form.
                    Self::from_uint_unchecked(*number)
                }
            }

            impl Reduce<FieldBytes<$curve>> for Scalar {
                fn reduce(octets: &FieldBytes<$curve>) -> Self {
                    Self::from_uint_unchecked(bytes_to_uint::<$curve>(octets))
                }
            }

            impl elliptic_curve::Curve for $curve {
                type FieldBytesSize = Octets;
                type Uint = Integer;
                const ORDER: Odd<Integer> = Odd::<Integer>::from_be_hex(ORDER);
            }

            impl elliptic_curve::PrimeCurve for $curve {}

            impl PointCompression for $curve {
                const COMPRESS_POINTS: bool = false;
            }

            impl CurveArithmetic for $curve {
                type AffinePoint = primeorder::AffinePoint<Self>;
                type ProjectivePoint = primeorder::ProjectivePoint<Self>;
                type Scalar = Scalar;
            }

            impl FieldArithmetic for $curve {
                type FieldElement = FieldElement;
            }

            impl PrimeCurveArithmetic for $curve {
                type CurveGroup = primeorder::ProjectivePoint<Self>;
            }

            impl PrimeCurveParams for $curve {
                type PointArithmetic = point_arithmetic::$arithmetic;
                type Backend = mul_backend::VariableOnly;

                const EQUATION_A: FieldElement = FieldElement::from_hex_vartime($a);
                const EQUATION_B: FieldElement = FieldElement::from_hex_vartime($b);
                const GENERATOR: (FieldElement, FieldElement) = (
                    FieldElement::from_hex_vartime($x),
                    FieldElement::from_hex_vartime($y),
                );
            }

            impl ecdsa::EcdsaCurve for $curve {
                const NORMALIZE_S: bool = false;
            }
        }
    };
}

declare! {
    module: nistp192,
    curve: NistP192,
    uint: U192,
    octets: U24,
    modulus: "fffffffffffffffffffffffffffffffeffffffffffffffff",
    modulus_non_residue: 11,
    order: "ffffffffffffffffffffffff99def836146bc9b1b4d22831",
    order_non_residue: 3,
    arithmetic: EquationAIsMinusThree,
    a: "fffffffffffffffffffffffffffffffefffffffffffffffc",
    b: "64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1",
    x: "188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012",
    y: "07192b95ffc8da78631011ed6b24cdd573f977a11e794811",
}

declare! {
    module: nistp224,
    curve: NistP224,
    uint: U256,
    octets: U28,
    modulus: "00000000ffffffffffffffffffffffffffffffff000000000000000000000001",
    modulus_non_residue: 11,
    order: "00000000ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d",
    order_non_residue: 2,
    arithmetic: EquationAIsMinusThree,
    a: "fffffffffffffffffffffffffffffffefffffffffffffffffffffffe",
    b: "b4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4",
    x: "b70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21",
    y: "bd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34",
}

declare! {
    module: brainpoolp160r1,
    curve: BrainpoolP160r1,
    uint: U192,
    octets: U20,
    modulus: "00000000e95e4a5f737059dc60dfc7ad95b3d8139515620f",
    modulus_non_residue: 3,
    order: "00000000e95e4a5f737059dc60df5991d45029409e60fc09",
    order_non_residue: 5,
    arithmetic: EquationAIsGeneric,
    a: "340e7be2a280eb74e2be61bada745d97e8f7c300",
    b: "1e589a8595423412134faa2dbdec95c8d8675e58",
    x: "bed5af16ea3f6a4f62938c4631eb5af7bdbcdbc3",
    y: "1667cb477a1a8ec338f94741669c976316da6321",
}

declare! {
    module: brainpoolp192r1,
    curve: BrainpoolP192r1,
    uint: U192,
    octets: U24,
    modulus: "c302f41d932a36cda7a3463093d18db78fce476de1a86297",
    modulus_non_residue: 3,
    order: "c302f41d932a36cda7a3462f9e9e916b5be8f1029ac4acc1",
    order_non_residue: 7,
    arithmetic: EquationAIsGeneric,
    a: "6a91174076b1e0e19c39c031fe8685c1cae040e5c69a28ef",
    b: "469a28ef7c28cca3dc721d044f4496bcca7ef4146fbf25c9",
    x: "c0a0647eaab6a48753b033c56cb0f0900a2f5c4853375fd6",
    y: "14b690866abd5bb88b5f4828c1490002e6773fa2fa299b8f",
}

declare! {
    module: brainpoolp224r1,
    curve: BrainpoolP224r1,
    uint: U256,
    octets: U28,
    modulus: "00000000d7c134aa264366862a18302575d1d787b09f075797da89f57ec8c0ff",
    modulus_non_residue: 3,
    order: "00000000d7c134aa264366862a18302575d0fb98d116bc4b6ddebca3a5a7939f",
    order_non_residue: 3,
    arithmetic: EquationAIsGeneric,
    a: "68a5e62ca9ce6c1c299803a6c1530b514e182ad8b0042a59cad29f43",
    b: "2580f63ccfe44138870713b1a92369e33e2135d266dbb372386c400b",
    x: "0d9029ad2c7e5cf4340823b2a87dc68c9e4ce3174c1e6efdee12c07d",
    y: "58aa56f772c0726f24c6b89e4ecdac24354b9e99caa3f6d3761402cd",
}

declare! {
    module: brainpoolp320r1,
    curve: BrainpoolP320r1,
    uint: U384,
    octets: U40,
    modulus: "0000000000000000d35e472036bc4fb7e13c785ed201e065f98fcfa6f6f40def4f92b9ec7893ec28fcd412b1f1b32e27",
    modulus_non_residue: 5,
    order: "0000000000000000d35e472036bc4fb7e13c785ed201e065f98fcfa5b68f12a32d482ec7ee8658e98691555b44c59311",
    order_non_residue: 3,
    arithmetic: EquationAIsGeneric,
    a: "3ee30b568fbab0f883ccebd46d3f3bb8a2a73513f5eb79da66190eb085ffa9f492f375a97d860eb4",
    b: "520883949dfdbc42d3ad198640688a6fe13f41349554b49acc31dccd884539816f5eb4ac8fb1f1a6",
    x: "43bd7e9afb53d8b85289bcc48ee5bfe6f20137d10a087eb6e7871e2a10a599c710af8d0d39e20611",
    y: "14fdd05545ec1cc8ab4093247f77275e0743ffed117182eaa9c77877aaac6ac7d35245d1692e8ee1",
}

declare! {
    module: brainpoolp512r1,
    curve: BrainpoolP512r1,
    uint: U512,
    octets: U64,
    modulus: "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca703308717d4d9b009bc66842aecda12ae6a380e62881ff2f2d82c68528aa6056583a48f3",
    modulus_non_residue: 2,
    order: "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870553e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069",
    order_non_residue: 7,
    arithmetic: EquationAIsGeneric,
    a: "7830a3318b603b89e2327145ac234cc594cbdd8d3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94ca",
    b: "3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94cadc083e67984050b75ebae5dd2809bd638016f723",
    x: "81aee4bdd82ed9645a21322e9c4c6a9385ed9f70b5d916c1b43b62eef4d0098eff3b1f78e2d0d48d50d1687b93b97d5f7c6d5047406a5e688b352209bcb9f822",
    y: "7dde385d566332ecc0eabfa9cf7822fdf209f70024a57b1aa000c55b881f8111b2dcde494a5f485e5bca4bd88a2763aed1ca2b2fa8f0540678cd1e0f3ad80892",
}

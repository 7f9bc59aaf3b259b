//! Draws the portraits of the personas anew: `cargo run --example draw_faces`. A test compares
//! what ships with what this draws.

#[path = "../src/sim/faces/draw/mod.rs"]
mod draw;

fn main() -> std::io::Result<()> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sim/faces");
    for (name, jpeg) in draw::portraits() {
        println!("{name}: {} bytes", jpeg.len());
        std::fs::write(format!("{folder}/{name}.jpg"), jpeg)?;
    }
    std::fs::write(format!("{folder}/signature.jpg"), draw::signature())
}

//! What the three wear.

use super::canvas::Canvas;
use super::canvas::Paint;
use super::canvas::Path;
use super::canvas::Rgb;

/// Paper white.
pub const WHITE: Rgb = [247, 246, 243];

/// Shoulders in cloth, down to the lower edge.
fn shoulders() -> Path {
    Path::at(160, 456)
        .curve((100, 486), (44, 492), (20, 540))
        .curve((8, 570), (0, 610), (0, 640))
        .line(480, 640)
        .curve((480, 610), (472, 570), (460, 540))
        .curve((436, 492), (380, 486), (320, 456))
        .curve((300, 500), (180, 500), (160, 456))
}

/// A white blouse with an open collar.
pub fn blouse(canvas: &mut Canvas) {
    let cloth = shoulders();
    let weave = Paint::Weave {
        rgb: [236, 238, 242],
        depth: 4,
    };
    let v = Path::at(172, 452).line(308, 452).line(240, 574);
    canvas.fill(&cloth, weave);
    canvas.fill(&v, Paint::Flat([243, 208, 178]));
    let collar = Path::at(306, 444)
        .curve((330, 456), (342, 470), (346, 488))
        .line(286, 560)
        .line(240, 576)
        .curve((270, 530), (296, 490), (306, 444));
    canvas.both(&collar, Paint::Flat([250, 250, 252]));
    let edge = Path::at(346, 488)
        .line(316, 524)
        .line(286, 560)
        .line(240, 576);
    canvas.both(&edge.brush(40), Paint::Glaze([140, 150, 168], 200));
    let front = Path::at(241, 576).line(242, 600).line(241, 640);
    canvas.fill(&front.brush(40), Paint::Glaze([140, 150, 168], 220));
    canvas.fill(&Path::ellipse(252, 612, 5, 5), Paint::Flat([190, 198, 212]));
    folds(canvas, [150, 160, 178]);
}

/// A dark jacket over a shirt.
pub fn jacket(canvas: &mut Canvas) {
    let shirt = Path::at(166, 448)
        .line(240, 476)
        .line(314, 448)
        .line(330, 640)
        .line(150, 640);
    canvas.fill(
        &shirt,
        Paint::Weave {
            rgb: [214, 224, 236],
            depth: 3,
        },
    );
    let cloth = Paint::Weave {
        rgb: [52, 60, 78],
        depth: 5,
    };
    let half = Path::at(312, 450)
        .curve((380, 484), (436, 492), (460, 540))
        .curve((472, 570), (480, 610), (480, 640))
        .line(256, 640)
        .curve((290, 580), (318, 520), (312, 450));
    canvas.both(&half, cloth);
    let lapel = Path::at(314, 452)
        .line(352, 474)
        .line(346, 520)
        .line(362, 530)
        .line(262, 640)
        .line(246, 640)
        .curve((290, 580), (318, 520), (314, 452));
    canvas.both(&lapel, Paint::Flat([62, 71, 92]));
    let edge = Path::at(352, 474)
        .line(346, 520)
        .line(362, 530)
        .line(262, 640);
    canvas.both(&edge.brush(36), Paint::Glaze([20, 24, 34], 220));
    let collar = Path::at(300, 424)
        .line(318, 452)
        .line(284, 524)
        .line(240, 478)
        .curve((266, 470), (290, 450), (300, 424));
    canvas.both(&collar, Paint::Flat([228, 236, 245]));
    let seam = Path::at(318, 452)
        .line(300, 490)
        .line(284, 524)
        .line(240, 478);
    canvas.both(&seam.brush(32), Paint::Glaze([120, 134, 158], 220));
    for y in [530, 586] {
        canvas.fill(&Path::ellipse(240, y, 5, 5), Paint::Flat([160, 174, 196]));
    }
    folds(canvas, [20, 24, 34]);
}

/// A green pullover with a round neck.
pub fn pullover(canvas: &mut Canvas) {
    let weave = Paint::Weave {
        rgb: [76, 138, 124],
        depth: 6,
    };
    canvas.fill(&shoulders(), weave);
    let neckline = Path::at(160, 454).curve((186, 512), (294, 512), (320, 454));
    canvas.fill(&neckline.brush(330), Paint::Flat([60, 116, 104]));
    for step in 0..15 {
        let x = 170 + step * 10;
        let bend = 34 - (x - 240) * (x - 240) / 160;
        let rib = Path::at(x, 456 + bend).line(x, 468 + bend);
        canvas.fill(&rib.brush(24), Paint::Glaze([40, 84, 76], 140));
    }
    folds(canvas, [40, 84, 76]);
}

/// Soft folds of cloth at both arms.
fn folds(canvas: &mut Canvas, rgb: Rgb) {
    for (x, bend) in [(404, 6), (380, 14), (424, -2)] {
        let fold = Path::at(x, 560).curve((x + bend, 590), (x + bend, 610), (x - 8, 640));
        canvas.both(&fold.brush(90), Paint::Glaze(rgb, 80));
    }
    canvas.both(
        &Path::at(300, 500)
            .line(480, 500)
            .line(480, 640)
            .line(300, 640),
        Paint::Glow {
            rgb,
            centre: (470, 650),
            radii: (130, 150),
            strength: 70,
        },
    );
}

/// Round glasses with a thin frame.
pub fn glasses(canvas: &mut Canvas) {
    const FRAME: Rgb = [44, 40, 44];
    let outer = Path::ellipse(291, 268, 39, 31);
    canvas.both(&outer, Paint::Glaze([236, 244, 250], 26));
    // Two half rims each, since a brush is thin at its ends.
    for up in [-33, 33] {
        let rim =
            Path::at(251, 268).curve((251, 268 + up * 5 / 4), (331, 268 + up * 5 / 4), (331, 268));
        canvas.both(&rim.brush(64), Paint::Flat(FRAME));
    }
    let bridge = Path::at(227, 264).curve((234, 258), (246, 258), (253, 264));
    canvas.fill(&bridge.brush(72), Paint::Flat(FRAME));
    let arm = Path::at(329, 262).line(340, 260).line(352, 258);
    canvas.both(&arm.brush(72), Paint::Flat(FRAME));
    let glint = Path::at(274, 250)
        .line(282, 247)
        .line(270, 272)
        .line(263, 275);
    canvas.fill(&glint, Paint::Glaze(WHITE, 60));
    canvas.fill(&glint.mirrored(), Paint::Glaze(WHITE, 40));
}

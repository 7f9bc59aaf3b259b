//! The three faces.

use super::canvas::Canvas;
use super::canvas::Paint;
use super::canvas::Path;
use super::canvas::Rgb;

const LINE: Rgb = [52, 36, 32];
const WHITE: Rgb = [247, 246, 243];

/// What the faces have in common, and where they differ.
struct Look {
    background: (Rgb, Rgb),
    skin: Rgb,
    shadow: Rgb,
    lips: Rgb,
    /// Height of the lower lip, in pixels.
    lip: i32,
    brows: Rgb,
    brow_thickness: i32,
    iris: Rgb,
    /// How far the jaw stands from the middle, and where the chin ends, in pixels.
    jaw: i32,
    chin: i32,
    /// Lower edge of the upper lid: smaller is wider open.
    lid: i32,
}

/// A woman of about thirty, dark hair to the shoulders, white blouse.
pub fn an() -> Canvas {
    let look = Look {
        background: ([222, 233, 242], [183, 203, 221]),
        skin: [243, 208, 178],
        shadow: [205, 152, 120],
        lips: [201, 110, 102],
        lip: 16,
        brows: [58, 42, 38],
        brow_thickness: 100,
        iris: [74, 44, 28],
        jaw: 88,
        chin: 388,
        lid: 2,
    };
    let hair = [40, 30, 30];
    let streaks = Paint::Streaks {
        rgb: hair,
        centre: (222, 108),
        depth: 26,
    };
    let mut canvas = look.backdrop();
    let back = Path::at(240, 96)
        .curve((330, 92), (372, 160), (370, 250))
        .curve((368, 330), (398, 400), (380, 478))
        .curve((350, 506), (290, 470), (240, 470))
        .curve((190, 470), (130, 506), (100, 478))
        .curve((82, 400), (112, 330), (110, 250))
        .curve((108, 160), (150, 92), (240, 96));
    canvas.fill(&back, streaks);
    look.neck(&mut canvas);
    blouse(&mut canvas);
    look.head(&mut canvas);
    look.features(&mut canvas);
    // Parted on one side, both sweeps behind the ears.
    let sweep_right = Path::at(206, 112)
        .curve((300, 90), (362, 150), (370, 262))
        .curve((376, 310), (374, 360), (360, 400))
        .curve((338, 340), (352, 270), (334, 236))
        .curve((310, 196), (240, 180), (206, 112));
    let sweep_left = Path::at(212, 110)
        .curve((150, 98), (112, 160), (110, 262))
        .curve((104, 310), (106, 360), (120, 400))
        .curve((142, 340), (128, 270), (142, 232))
        .curve((152, 196), (200, 176), (212, 110));
    canvas.fill(&sweep_left, streaks);
    canvas.fill(&sweep_right, streaks);
    shine(&mut canvas, &sweep_right, (300, 160), (58, 34));
    shine(&mut canvas, &sweep_left, (156, 176), (26, 40));
    canvas.grain(1);
    canvas
}

/// A man past sixty-five: grey hair, glasses, lines, dark jacket.
pub fn binh() -> Canvas {
    let look = Look {
        background: ([229, 232, 230], [194, 204, 203]),
        skin: [222, 178, 142],
        shadow: [172, 118, 86],
        lips: [178, 114, 96],
        lip: 11,
        brows: [112, 106, 102],
        brow_thickness: 150,
        iris: [62, 42, 32],
        jaw: 100,
        chin: 396,
        lid: 5,
    };
    let hair = [148, 146, 146];
    let streaks = Paint::Streaks {
        rgb: hair,
        centre: (240, 214),
        depth: 40,
    };
    let mut canvas = look.backdrop();
    let back = Path::at(240, 112)
        .curve((322, 110), (362, 166), (356, 262))
        .line(346, 300)
        .line(134, 300)
        .line(124, 262)
        .curve((118, 166), (158, 110), (240, 112));
    canvas.fill(&back, streaks);
    look.neck(&mut canvas);
    jacket(&mut canvas);
    look.head(&mut canvas);
    look.features(&mut canvas);
    // Short hair with a high forehead.
    let top = Path::at(128, 262)
        .curve((118, 160), (160, 104), (240, 106))
        .curve((320, 104), (362, 160), (352, 262))
        .curve((346, 240), (342, 214), (330, 196))
        .curve((306, 158), (276, 168), (240, 162))
        .curve((204, 168), (172, 160), (150, 196))
        .curve((138, 214), (134, 240), (128, 262));
    canvas.fill(&top, streaks);
    let line = Paint::Glaze(look.shadow, 150);
    // Forehead, beside the eyes, beside the mouth.
    for y in [192, 206, 221] {
        let crease = Path::at(196, y + 2).curve((220, y - 4), (260, y - 4), (284, y + 2));
        canvas.fill(&crease.brush(34), line);
    }
    for (from, to) in [(258, 248), (266, 266), (274, 284)] {
        let crease = Path::at(334, from).curve((338, from), (342, to), (346, to));
        canvas.both(&crease.brush(34), line);
    }
    let fold = Path::at(272, 312).curve((284, 320), (292, 336), (292, 352));
    canvas.both(&fold.brush(60), line);
    let bag = Path::at(264, 287).curve((278, 298), (304, 298), (318, 286));
    canvas.both(&bag.brush(40), line);
    glasses(&mut canvas);
    canvas.grain(1);
    canvas
}

/// A young woman: fringe and ponytail, green pullover.
pub fn chi() -> Canvas {
    let look = Look {
        background: ([236, 230, 222], [214, 202, 188]),
        skin: [248, 216, 190],
        shadow: [214, 162, 134],
        lips: [216, 124, 118],
        lip: 15,
        brows: [66, 46, 38],
        brow_thickness: 90,
        iris: [92, 56, 32],
        jaw: 84,
        chin: 380,
        lid: 0,
    };
    let hair = [66, 42, 32];
    let streaks = Paint::Streaks {
        rgb: hair,
        centre: (240, 92),
        depth: 30,
    };
    let mut canvas = look.backdrop();
    let tail = Path::at(338, 176)
        .curve((400, 150), (440, 230), (424, 320))
        .curve((416, 370), (428, 400), (410, 440))
        .curve((378, 420), (372, 360), (374, 300))
        .curve((376, 250), (366, 216), (338, 206));
    canvas.fill(
        &tail,
        Paint::Streaks {
            rgb: hair,
            centre: (330, 40),
            depth: 30,
        },
    );
    let band = Path::ellipse(352, 188, 12, 24);
    canvas.fill(&band, Paint::Flat([206, 92, 110]));
    let crease = Path::at(352, 168).curve((358, 180), (358, 196), (353, 208));
    canvas.fill(&crease.brush(50), Paint::Glaze(LINE, 70));
    let back = Path::at(240, 98)
        .curve((326, 96), (362, 160), (356, 262))
        .line(348, 286)
        .line(132, 286)
        .line(124, 262)
        .curve((118, 160), (154, 96), (240, 98));
    canvas.fill(&back, streaks);
    look.neck(&mut canvas);
    pullover(&mut canvas);
    look.head(&mut canvas);
    look.features(&mut canvas);
    let fringe = Path::at(126, 274)
        .curve((112, 160), (150, 94), (240, 96))
        .curve((330, 94), (368, 160), (354, 274))
        .curve((350, 256), (344, 240), (336, 226))
        .curve((312, 214), (296, 216), (282, 210))
        .curve((262, 218), (246, 212), (234, 216))
        .curve((214, 220), (196, 212), (184, 218))
        .curve((168, 220), (152, 222), (144, 228))
        .curve((136, 240), (130, 256), (126, 274));
    canvas.fill(&fringe, streaks);
    shine(&mut canvas, &fringe, (240, 150), (96, 26));
    canvas.grain(1);
    canvas
}

impl Look {
    fn backdrop(&self) -> Canvas {
        let (top, bottom) = self.background;
        let mut canvas = Canvas::new(top);
        canvas.wash(Paint::Fade(top, bottom, 0, 640));
        canvas.wash(Paint::Glow {
            rgb: WHITE,
            centre: (240, 230),
            radii: (330, 330),
            strength: 150,
        });
        canvas
    }

    fn neck(&self, canvas: &mut Canvas) {
        let neck = Path::at(190, 330)
            .line(290, 330)
            .curve((292, 420), (300, 440), (344, 470))
            .line(300, 560)
            .line(180, 560)
            .line(136, 470)
            .curve((180, 440), (188, 420), (190, 330));
        canvas.fill(&neck, Paint::Flat(self.skin));
        canvas.fill(
            &neck,
            Paint::Glow {
                rgb: self.shadow,
                centre: (240, 372),
                radii: (110, 72),
                strength: 235,
            },
        );
    }

    fn head(&self, canvas: &mut Canvas) {
        let (skin, shadow) = (self.skin, self.shadow);
        // Ears.
        let ear = Path::ellipse(352, 272, 15, 31);
        canvas.both(&ear, Paint::Flat(skin));
        let inside = Path::at(354, 252).curve((364, 262), (362, 284), (350, 294));
        canvas.both(&inside.brush(60), Paint::Glaze(shadow, 190));

        let (jaw, chin) = (self.jaw, self.chin);
        let face = Path::at(240, 122)
            .curve((318, 122), (350, 178), (348, 256))
            .curve((346, 300), (244 + jaw, 336), (240 + jaw * 3 / 4, 356))
            .curve((240 + jaw / 2, chin - 8), (264, chin), (240, chin))
            .curve(
                (216, chin),
                (240 - jaw / 2, chin - 8),
                (240 - jaw * 3 / 4, 356),
            )
            .curve((236 - jaw, 336), (134, 300), (132, 256))
            .curve((130, 178), (162, 122), (240, 122));
        canvas.fill(&face, Paint::Flat(skin));
        // Light on forehead, shade on both sides and under the lip, warm cheeks.
        for (centre, radii, rgb, strength) in [
            ((354, 290), (70, 150), shadow, 170),
            ((126, 290), (64, 150), shadow, 120),
            ((240, chin + 14), (110, 50), shadow, 150),
            ((240, 190), (80, 60), [255, 240, 222], 110),
            ((298, 312), (44, 32), self.lips, 70),
            ((182, 312), (44, 32), self.lips, 70),
        ] {
            let glow = Paint::Glow {
                rgb,
                centre,
                radii,
                strength,
            };
            canvas.fill(&face, glow);
        }
    }

    fn features(&self, canvas: &mut Canvas) {
        self.eyes(canvas);
        let shadow = Paint::Glaze(self.shadow, 200);
        // Nose: one shaded side, the tip, the nostrils.
        let bridge = Path::at(252, 262).curve((256, 288), (262, 300), (264, 312));
        canvas.fill(&bridge.brush(60), Paint::Glaze(self.shadow, 110));
        canvas.fill(
            &Path::ellipse(240, 308, 24, 20),
            Paint::Glow {
                rgb: [255, 242, 226],
                centre: (238, 304),
                radii: (16, 14),
                strength: 120,
            },
        );
        let wing = Path::at(262, 306).curve((270, 312), (268, 324), (258, 323));
        canvas.both(&wing.brush(56), shadow);
        let nostril = Path::at(246, 324).curve((250, 319), (257, 320), (259, 324));
        canvas.both(&nostril.brush(70), Paint::Glaze(LINE, 170));
        let under = Path::at(230, 326).curve((236, 331), (244, 331), (250, 326));
        canvas.fill(&under.brush(50), shadow);

        // Mouth.
        let upper = Path::at(204, 351)
            .curve((218, 348), (229, 343), (236, 345))
            .curve((239, 347), (241, 347), (244, 345))
            .curve((251, 343), (262, 348), (276, 351))
            .curve((258, 355), (222, 355), (204, 351));
        let low = 352 + self.lip;
        let lower = Path::at(206, 352)
            .curve((222, 356), (258, 356), (274, 352))
            .curve((264, low - 3), (252, low), (240, low))
            .curve((228, low), (216, low - 3), (206, 352));
        canvas.fill(&lower, Paint::Flat(self.lips));
        canvas.fill(&upper, Paint::Flat(self.lips));
        canvas.fill(&upper, Paint::Glaze(LINE, 46));
        canvas.fill(
            &lower,
            Paint::Glow {
                rgb: WHITE,
                centre: (238, 362),
                radii: (22, 7),
                strength: 110,
            },
        );
        let parting = Path::at(200, 349).curve((222, 357), (258, 357), (280, 349));
        canvas.fill(&parting.brush(44), Paint::Glaze(LINE, 190));
    }

    fn eyes(&self, canvas: &mut Canvas) {
        let lid = self.lid;
        // The outer corner stands a little higher than the inner one.
        let eye = Path::at(264, 272)
            .curve((272, 256 + lid), (302, 252 + lid), (318, 267))
            .curve((308, 280), (280, 284), (264, 272));
        canvas.both(&eye, Paint::Flat(WHITE));
        for side in [eye.clone(), eye.mirrored()] {
            for x in [190, 290] {
                canvas.fill_within(&Path::ellipse(x, 267, 13, 13), &side, Paint::Flat(LINE));
                canvas.fill_within(
                    &Path::ellipse(x, 267, 11, 11),
                    &side,
                    Paint::Flat(self.iris),
                );
                canvas.fill_within(&Path::ellipse(x, 267, 5, 5), &side, Paint::Flat([12, 8, 8]));
                canvas.fill_within(&Path::ellipse(x + 4, 262, 3, 3), &side, Paint::Flat(WHITE));
            }
            // The lid's shadow on the eye.
            canvas.fill_within(
                &Path::at(150, 250)
                    .line(330, 250)
                    .line(330, 262)
                    .line(150, 262),
                &side,
                Paint::Glaze(LINE, 50),
            );
        }
        let lash = Path::at(262, 273).curve((272, 255 + lid), (302, 250 + lid), (322, 265));
        canvas.both(&lash.brush(88), Paint::Flat(LINE));
        let fold = Path::at(266, 258 + lid).curve((278, 247 + lid), (302, 245 + lid), (318, 255));
        canvas.both(&fold.brush(36), Paint::Glaze(self.shadow, 230));
        let below = Path::at(272, 278).curve((284, 283), (304, 280), (316, 270));
        canvas.both(&below.brush(26), Paint::Glaze(self.shadow, 220));
        let brow = Path::at(258, 240).curve((276, 228), (306, 225), (330, 240));
        canvas.both(
            &brow.brush(self.brow_thickness),
            Paint::Glaze(self.brows, 235),
        );
    }
}

/// A light band on hair.
fn shine(canvas: &mut Canvas, hair: &Path, centre: (i32, i32), radii: (i32, i32)) {
    let glow = Paint::Glow {
        rgb: [176, 160, 156],
        centre,
        radii,
        strength: 90,
    };
    canvas.fill(hair, glow);
}

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

fn blouse(canvas: &mut Canvas) {
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

fn jacket(canvas: &mut Canvas) {
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

fn pullover(canvas: &mut Canvas) {
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

fn glasses(canvas: &mut Canvas) {
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

// Draws the page from its data: structure, pLDDT along the sequence, predicted aligned error; each shows what the pointer is
// over in the others.

"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const element = (name) => document.getElementById(name);
const colourParts = (text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
const bands = data.bands.map(([limit, colour]) => [limit, colourParts(colour)]);
const chainColours = ["#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#e15759", "#76b7b2", "#edc948", "#9c755f"].map(colourParts);
const { residues } = data.drawing;
const chains = [...new Set(residues.chain)];
const hasPlddt = residues.plddt.some((value) => value !== null);
const name = (residue) => {
    const plddt = residues.plddt[residue];
    const told = plddt === null ? "" : `, pLDDT ${plddt.toFixed(1)}`;
    return `${residues.name[residue]} ${residues.number[residue]}, chain ${residues.chain[residue]}${told}`;
};

function colourOf(residue) {
    if (!hasPlddt) return chainColours[chains.indexOf(residues.chain[residue]) % chainColours.length];
    return bandColour(residues.plddt[residue]);
}

function bandColour(plddt) {
    const found = plddt === null ? null : bands.find(([limit]) => limit === null || plddt > limit);
    return found ? found[1] : colourParts(data.unknown);
}

const views = [];

function show(residue, by) {
    for (const view of views) if (view !== by) view.mark(residue);
    element("over").textContent = residue === null ? "" : name(residue);
}

// Sets the canvas to its size on the screen and gives its context, in units of the page.
function prepared(canvas) {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = "#52606d";
    return context;
}

function ticks(length) {
    const rough = length / 6;
    const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
    const step = Math.max(1, [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough));
    return Array.from({ length: Math.ceil(length / step) }, (_, index) => index * step);
}

function plddtPlot(canvas) {
    const shown = residues.kind.flatMap((kind, residue) => (kind === "non-polymer" ? [] : [residue]));
    const left = 34;
    let marked = null;
    const place = () => ({ across: (canvas.clientWidth - left - 8) / shown.length, down: canvas.clientHeight - 26 });

    function paint() {
        const context = prepared(canvas);
        const { across, down } = place();
        const height = (value) => 6 + (down - 6) * (1 - value / 100);
        context.textAlign = "right";
        for (const value of [0, 50, 70, 90, 100]) {
            context.fillText(value, left - 6, height(value) + 4);
            context.fillRect(left, height(value), across * shown.length, 0.4);
        }
        shown.forEach((residue, index) => {
            const plddt = residues.plddt[residue];
            if (plddt === null) return;
            context.fillStyle = `rgb(${(residue === marked ? [214, 0, 110] : bandColour(plddt)).join()})`;
            const top = height(Math.min(100, Math.max(0, plddt)));
            context.fillRect(left + index * across, top, Math.max(across - (across > 4 ? 1 : 0), 0.7), down - top);
        });
        context.fillStyle = "#1f2933";
        context.textAlign = "center";
        for (const index of ticks(shown.length)) {
            context.fillText(residues.number[shown[index]], left + (index + 0.5) * across, down + 14);
        }
        shown.forEach((residue, index) => {
            if (index && residues.chain[residue] !== residues.chain[shown[index - 1]]) {
                context.fillRect(left + index * across, 2, 1, down + 4);
            }
        });
        canvas.dataset.bars = shown.length;
    }

    const own = { mark(residue) { marked = residue; paint(); }, redraw: paint };
    canvas.addEventListener("pointermove", (event) => {
        const index = Math.floor((event.offsetX - left) / place().across);
        const residue = shown[index] === undefined ? null : shown[index];
        own.mark(residue);
        show(residue, own);
    });
    canvas.addEventListener("pointerleave", () => { own.mark(null); show(null, own); });
    paint();
    return own;
}

function paePlot(canvas, pae) {
    const levels = Uint8Array.from(atob(pae.data), (letter) => letter.charCodeAt(0));
    const stops = data.paeColours.map(colourParts);
    const picture = document.createElement("canvas");
    picture.width = picture.height = pae.side;
    const pixels = picture.getContext("2d").createImageData(pae.side, pae.side);
    levels.forEach((level, index) => {
        const at = Math.min(1, level / 8 / data.paeLimit) * (stops.length - 1);
        const low = Math.min(stops.length - 2, Math.floor(at));
        const colour = level === 255 ? [200, 200, 200]
            : stops[low].map((value, part) => value + (stops[low + 1][part] - value) * (at - low));
        pixels.data.set([...colour, 255], 4 * index);
    });
    picture.getContext("2d").putImageData(pixels, 0, 0);
    const byPlace = new Map(residues.chain.map((chain, residue) => [`${chain}\n${residues.number[residue]}`, residue]));
    const residueOf = (token) => byPlace.get(`${pae.chain[token]}\n${pae.number[token]}`);
    const left = 44, bottom = 34;
    const side = () => Math.min(canvas.clientWidth - left - 8, canvas.clientHeight - bottom - 8);
    let marked = null;

    function paint() {
        const context = prepared(canvas);
        const size = side();
        context.imageSmoothingEnabled = pae.side > size;
        context.drawImage(picture, left, 6, size, size);
        context.strokeStyle = "#7b8794";
        context.strokeRect(left, 6, size, size);
        for (const token of ticks(pae.size)) {
            const at = (token + 0.5) * size / pae.size;
            context.textAlign = "center";
            context.fillText(pae.number[token], left + at, size + 20);
            context.textAlign = "right";
            context.fillText(pae.number[token], left - 6, at + 10);
        }
        context.textAlign = "center";
        context.fillText("scored residue", left + size / 2, size + 35);
        context.save();
        context.translate(10, 6 + size / 2);
        context.rotate(-Math.PI / 2);
        context.fillText("aligned on", 0, 0);
        context.restore();
        context.fillStyle = "#1f2933";
        for (let token = 1; token < pae.size; token++) {
            if (pae.chain[token] !== pae.chain[token - 1]) {
                context.fillRect(left + token * size / pae.size, 6, 1, size);
                context.fillRect(left, 6 + token * size / pae.size, size, 1);
            }
        }
        if (marked !== null) {
            context.fillStyle = "#d6006e";
            const tokens = pae.chain.flatMap((_, token) => (residueOf(token) === marked ? [token] : []));
            const wide = Math.max(1, size / pae.size);
            for (const token of tokens) context.fillRect(left + token * size / pae.size, 6, wide, size);
        }
        canvas.dataset.side = pae.side;
    }

    const own = { mark(residue) { marked = residue; paint(); }, redraw: paint };
    canvas.addEventListener("pointermove", (event) => {
        const token = (value) => Math.floor(value * pae.size / side());
        const [scored, aligned] = [token(event.offsetX - left), token(event.offsetY - 6)];
        const inside = [scored, aligned].every((each) => each >= 0 && each < pae.size);
        const residue = inside ? residueOf(scored) : undefined;
        show(residue === undefined ? null : residue, own);
        if (!inside) return;
        const level = levels[Math.floor(aligned / pae.step) * pae.side + Math.floor(scored / pae.step)];
        const told = (each) => `${pae.chain[each]} ${pae.number[each]}`;
        const error = level === 255 ? "no value" : `${(level / 8).toFixed(1)} Å`;
        element("over").textContent = `${told(scored)}, aligned on ${told(aligned)}: ${error}`;
    });
    canvas.addEventListener("pointerleave", () => show(null, own));
    paint();
    return own;
}

if (element("structure")) {
    const own = viewer(element("structure"), data.drawing, colourOf, (residue) => show(residue, own));
    views.push(own);
}
if (element("plddt")) views.push(plddtPlot(element("plddt")));
if (element("pae")) views.push(paePlot(element("pae"), data.pae));
for (const when of ["resize", "beforeprint"]) window.addEventListener(when, () => views.forEach((view) => view.redraw()));
document.body.dataset.drawn = views.length;

// A structure on a canvas: ribbons along chains, balls and sticks for the rest, sorted by depth and painted back to front.
//
//     viewer(canvas, drawing, colourOf, told) -> { mark(residue), redraw(), pieces }
//
// Dragging turns, the wheel (or two fingers) zooms, dragging with shift moves, a double click goes back to the start, arrow keys
// turn and + - zoom. `told(residue or null)` hears what the pointer is over.

"use strict";

function viewer(canvas, drawing, colourOf, told) {
    const context = canvas.getContext("2d");
    const pieces = [...drawing.traces.flatMap((trace) => ribbon(trace, drawing.residues.kind)), ...sticks(drawing.atoms)];
    const flat = principal(pieces);
    const turned = pieces.flatMap((piece) => piece.points.map((point) => times(flat, point)));
    const largest = (least, measure) => turned.reduce((most, point) => Math.max(most, measure(point)), least);
    const radius = largest(8, (point) => Math.hypot(...point));
    const extent = [0, 1].map((axis) => 2 + largest(6, (point) => Math.abs(point[axis])));
    const start = () => ({ turn: flat, zoom: 1, shift: [0, 0] });
    let view = start();
    let marked = null;
    let waiting = false;

    function redraw() {
        if (!waiting) {
            waiting = true;
            requestAnimationFrame(() => { waiting = false; paint(); });
        }
    }

    function paint() {
        const ratio = window.devicePixelRatio || 1;
        const [width, height] = [canvas.clientWidth, canvas.clientHeight];
        canvas.width = Math.round(width * ratio);
        canvas.height = Math.round(height * ratio);
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        context.clearRect(0, 0, width, height);
        const scale = 0.5 * Math.min(width / extent[0], height / extent[1]) * view.zoom;
        const project = (point) => {
            const [x, y, z] = times(view.turn, point);
            return [width / 2 + view.shift[0] + x * scale, height / 2 + view.shift[1] - y * scale, z];
        };
        for (const piece of pieces) {
            piece.seen = piece.points.map(project);
            piece.depth = piece.seen.reduce((sum, point) => sum + point[2], 0) / piece.seen.length;
        }
        pieces.sort((a, b) => a.depth - b.depth);
        context.lineCap = context.lineJoin = "round";
        for (const piece of pieces) {
            const light = piece.normal ? 0.72 + 0.28 * Math.abs(times(view.turn, piece.normal)[2]) : 1;
            const fog = 0.45 * Math.min(1, Math.max(0, 0.5 - piece.depth / (2 * radius)));
            const colour = piece.residue === marked ? [214, 0, 110] : piece.colour || colourOf(piece.residue);
            const paintOf = (dark) => shade(colour, light * dark, fog);
            if (piece.kind === "ribbon") quad(piece.seen, scale * piece.thick, paintOf);
            else if (piece.kind === "stick") line(piece.seen, scale * 0.3, paintOf(0.9));
            else ball(piece.seen[0], scale * 0.5, paintOf);
        }
        canvas.dataset.pieces = pieces.length;
    }

    function quad([a, b, c, d], thick, paintOf) {
        const width = Math.max(1, thick);
        context.beginPath();
        for (const [from, to] of [[a, b], [d, c]]) { context.moveTo(from[0], from[1]); context.lineTo(to[0], to[1]); }
        context.lineCap = "butt";
        context.lineWidth = width + 1.6;
        context.strokeStyle = paintOf(0.42);
        context.stroke();
        context.lineCap = "round";
        context.beginPath();
        [a, b, c, d].forEach((point, index) => context[index ? "lineTo" : "moveTo"](point[0], point[1]));
        context.closePath();
        context.lineWidth = width;
        context.strokeStyle = context.fillStyle = paintOf(1);
        context.fill();
        context.stroke();
    }

    function line([from, to], width, colour) {
        context.beginPath();
        context.moveTo(from[0], from[1]);
        context.lineTo(to[0], to[1]);
        context.lineWidth = Math.max(1, width);
        context.strokeStyle = colour;
        context.stroke();
    }

    function ball([x, y], size, paintOf) {
        const gradient = context.createRadialGradient(x - size / 3, y - size / 3, size / 8, x, y, size);
        gradient.addColorStop(0, paintOf(1.25));
        gradient.addColorStop(1, paintOf(0.65));
        context.beginPath();
        context.arc(x, y, Math.max(1, size), 0, 2 * Math.PI);
        context.fillStyle = gradient;
        context.fill();
    }

    function over(x, y) {
        // The last painted is in front.
        for (let index = pieces.length - 1; index >= 0; index--) {
            const seen = pieces[index].seen;
            if (!seen) return null;
            const middle = [0, 1].map((axis) => seen.reduce((sum, point) => sum + point[axis], 0) / seen.length);
            if (Math.hypot(middle[0] - x, middle[1] - y) < 7) return pieces[index].residue;
        }
        return null;
    }

    const held = new Map();
    canvas.addEventListener("pointerdown", (event) => {
        canvas.setPointerCapture(event.pointerId);
        held.set(event.pointerId, [event.clientX, event.clientY]);
    });
    for (const name of ["pointerup", "pointercancel"]) {
        canvas.addEventListener(name, (event) => held.delete(event.pointerId));
    }
    canvas.addEventListener("pointermove", (event) => {
        const before = held.get(event.pointerId);
        if (!before) return told(over(event.offsetX, event.offsetY));
        const apart = () => { const [a, b] = [...held.values()]; return Math.hypot(a[0] - b[0], a[1] - b[1]); };
        const old = held.size === 2 ? apart() : 0;
        const [dx, dy] = [event.clientX - before[0], event.clientY - before[1]];
        held.set(event.pointerId, [event.clientX, event.clientY]);
        if (held.size === 2) view.zoom = limited(view.zoom * (apart() / Math.max(1, old)));
        else if (event.shiftKey) view.shift = [view.shift[0] + dx, view.shift[1] + dy];
        else view.turn = product(turning(dx / 120, dy / 120), view.turn);
        redraw();
    });
    canvas.addEventListener("pointerleave", () => told(null));
    canvas.addEventListener("wheel", (event) => {
        event.preventDefault();
        view.zoom = limited(view.zoom * Math.exp(-event.deltaY / 600));
        redraw();
    }, { passive: false });
    canvas.addEventListener("dblclick", () => { view = start(); redraw(); });
    canvas.addEventListener("keydown", (event) => {
        const turns = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] };
        const zooms = { "+": 1.15, "=": 1.15, "-": 1 / 1.15 };
        if (turns[event.key]) view.turn = product(turning(...turns[event.key]), view.turn);
        else if (zooms[event.key]) view.zoom = limited(view.zoom * zooms[event.key]);
        else return;
        event.preventDefault();
        redraw();
    });
    window.addEventListener("resize", redraw);
    paint();
    return { mark(residue) { marked = residue; redraw(); }, redraw, pieces: pieces.length };
}

// --- what is painted ---------------------------------------------------------------------------------------------------

// Quads along a smooth curve through the residues; wide where they are helix or strand, with an arrow's head at a strand's end.
function ribbon(trace, kinds) {
    const count = trace.residues.length;
    const at = triples(trace.at);
    const sides = straightened(at, triples(trace.sides));
    const nucleic = kinds[trace.residues[0]] !== "protein";
    const fine = Math.max(2, Math.min(6, Math.round(9000 / count)));
    const wide = (index, part) => {
        const fold = trace.fold[index];
        if (nucleic) return 0.7;
        if (fold === "H") return 1.25;
        if (fold !== "E") return 0.12;
        if (index + 1 < count && trace.fold[index + 1] === "E") return 0.95;
        return 1.7 * (1 - part) + 0.12 * part;
    };
    const samples = [];
    for (let index = 0; index < Math.max(1, count - 1); index++) {
        const pick = (list, offset) => list[Math.min(count - 1, Math.max(0, index + offset))];
        const last = index >= count - 2;
        for (let step = 0; step < (last ? fine + 1 : fine); step++) {
            const part = count > 1 ? step / fine : step / fine - 0.5;
            const point = count > 1 ? curve(pick(at, -1), pick(at, 0), pick(at, 1), pick(at, 2), part)
                : [at[0][0] + part, at[0][1], at[0][2]];
            const side = unit(mix(pick(sides, 0), pick(sides, 1), part));
            const near = Math.min(count - 1, part < 0.5 ? index : index + 1);
            // Between two folds the width goes over; an arrow's head begins at once.
            const [from, to] = [wide(index, part), wide(Math.min(count - 1, index + 1), 0)];
            const head = trace.fold[index] === "E" && trace.fold[index + 1] !== "E";
            samples.push({ point, side, width: head ? from : from + (to - from) * part, near });
        }
    }
    const thick = nucleic ? 0.5 : 0.45;
    return samples.slice(1).map((next, index) => {
        const here = samples[index];
        const edge = (sample, sign) => sample.point.map((value, axis) => value + sign * sample.width * sample.side[axis]);
        const along = next.point.map((value, axis) => value - here.point[axis]);
        return {
            kind: "ribbon", residue: trace.residues[here.near], thick, normal: unit(cross(along, here.side)),
            points: [edge(here, 1), edge(next, 1), edge(next, -1), edge(here, -1)],
        };
    });
}

function sticks(atoms) {
    const at = triples(atoms.at);
    const colours = { C: [110, 120, 130], N: [48, 80, 248], O: [230, 40, 40], S: [214, 178, 30], P: [255, 128, 0] };
    const colour = (index) => colours[atoms.element[index]] || [110, 200, 110];
    const pieces = at.map((point, index) => (
        { kind: "ball", residue: atoms.residue[index], colour: colour(index), points: [point] }
    ));
    for (let pair = 0; pair < atoms.bonds.length; pair += 2) {
        const [from, to] = [atoms.bonds[pair], atoms.bonds[pair + 1]];
        const middle = mix(at[from], at[to], 0.5);
        for (const end of [from, to]) {
            pieces.push({ kind: "stick", residue: atoms.residue[end], colour: colour(end), points: [at[end], middle] });
        }
    }
    return pieces;
}

// Sides at right angles to the curve, each turned the way of the one before it, and none where the file has no atom for it.
function straightened(at, sides) {
    let before = null;
    return at.map((point, index) => {
        const along = unit(at[Math.min(at.length - 1, index + 1)].map((v, axis) => v - at[Math.max(0, index - 1)][axis]));
        let side = sides[index];
        const shared = dot(side, along);
        side = side.map((value, axis) => value - shared * along[axis]);
        if (Math.hypot(...side) < 0.2) side = before || cross(along, Math.abs(along[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0]);
        side = unit(side);
        if (before && dot(side, before) < 0) side = side.map((value) => -value);
        before = side;
        return side;
    });
}

// --- vectors -----------------------------------------------------------------------------------------------------------

const triples = (flat) => Array.from({ length: flat.length / 3 }, (_, i) => [0, 1, 2].map((axis) => flat[3 * i + axis] / 100));
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const mix = (a, b, part) => a.map((value, axis) => value * (1 - part) + b[axis] * part);
const unit = (a) => { const length = Math.hypot(...a) || 1; return a.map((value) => value / length); };
const times = (matrix, point) => matrix.map((row) => dot(row, point));
const product = (a, b) => a.map((row) => [0, 1, 2].map((axis) => dot(row, b.map((other) => other[axis]))));
const limited = (zoom) => Math.min(40, Math.max(0.3, zoom));

function curve(a, b, c, d, t) {
    return b.map((value, axis) => 0.5 * (2 * value + (c[axis] - a[axis]) * t
        + (2 * a[axis] - 5 * value + 4 * c[axis] - d[axis]) * t * t
        + (3 * value - a[axis] - 3 * c[axis] + d[axis]) * t * t * t));
}

function turning(right, down) {
    const [s, c, u, d] = [Math.sin(right), Math.cos(right), Math.sin(down), Math.cos(down)];
    return product([[1, 0, 0], [0, d, -u], [0, u, d]], [[c, 0, s], [0, 1, 0], [-s, 0, c]]);
}

// The view that shows most of it: its longest direction across, its shortest towards the eye.
function principal(pieces) {
    const points = pieces.map((piece) => piece.points[0]);
    const spread = [0, 1, 2].map((i) => [0, 1, 2].map((j) => points.reduce((sum, point) => sum + point[i] * point[j], 0)));
    const along = (others) => {
        let axis = [0.61, 0.53, 0.59];
        for (let round = 0; round < 60; round++) {
            for (const other of others) { const shared = dot(axis, other); axis = axis.map((v, k) => v - shared * other[k]); }
            axis = unit(times(spread, unit(axis)));
        }
        return axis;
    };
    const first = along([]);
    const second = along([first]);
    const third = cross(first, second);
    const whole = [first, second, third].every((axis) => Math.abs(Math.hypot(...axis) - 1) < 0.01);
    return whole ? [first, second, third] : [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
}

function shade(colour, light, fog) {
    const mixed = colour.map((value) => Math.round(Math.min(255, value * light) * (1 - fog) + 255 * fog));
    return `rgb(${mixed.join()})`;
}

// Where something lies on a drawing of the body map.

// Gaps between two regions are thinner than this many units of a drawing.
const GAP = 4;
// Farther than any two places of a drawing are apart.
const FAR = 2000;

// The region at a place given as shares of the drawing's size; none outside of the body.
export function placeAt({ svg, width, height, regions, skin }, x, y) {
  const inside = (shapes, left, top) => {
    const point = svg.createSVGPoint();
    Object.assign(point, { x: left, y: top });
    return shapes.findLast((shape) => shape.isPointInFill(point));
  };
  const [left, top] = [x * width, y * height];
  if (!inside(skin, left, top)) return undefined;
  for (let far = 0; far <= GAP; far += 1) {
    for (const [right, down] of [[0, 0], [far, 0], [-far, 0], [0, far], [0, -far]]) {
      const found = inside(regions, left + right, top + down);
      if (found) return found;
    }
  }
  return undefined;
}

// The region that an arrow key leads to: the nearest in that direction, those straight ahead first.
export function nearestTo(regions, from, right, down) {
  const at = (region) => region.dataset.at.split(" ").map(Number);
  const [x, y] = at(from);
  let best, least = Infinity;
  for (const region of regions) {
    const [dx, dy] = [at(region)[0] - x, at(region)[1] - y];
    const ahead = dx * right + dy * down;
    const aside = Math.abs(dx * down) + Math.abs(dy * right);
    if (region === from || ahead <= 1) continue;
    const far = ahead + 2 * aside + (aside > ahead ? FAR : 0);
    if (far < least) [best, least] = [region, far];
  }
  return best;
}

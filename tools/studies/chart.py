"""A picture of differences: one panel per metric, one row per comparison, a point and two standard errors per data set.

What lies far outside the others is an arrow with its number."""

import math
from html import escape

COLOURS = ["#1b6ca8", "#c8553d", "#4f7942"]
PANEL, GAP, ROW, TOP, LABELS, BOTTOM = 190, 24, 26, 64, 200, 40
PANELS_PER_LINE = 4


def chart(study, results):
    """The differences as SVG."""
    data = [d for d in study.data if results.has(d)]
    lines = math.ceil(len(study.metrics) / PANELS_PER_LINE)
    height_of_line = TOP + ROW * len(study.comparisons) + BOTTOM
    width = LABELS + PANELS_PER_LINE * (PANEL + GAP)
    height = lines * height_of_line + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    x = LABELS
    for number, item in enumerate(data):
        parts.append(f'<circle cx="{x}" cy="18" r="4" fill="{COLOURS[number]}"/>')
        parts.append(f'<text x="{x + 10}" y="22">{escape(item.title)}</text>')
        x += 40 + 7 * len(item.title)
    for index, metric in enumerate(study.metrics):
        x = LABELS + index % PANELS_PER_LINE * (PANEL + GAP)
        y = index // PANELS_PER_LINE * height_of_line + TOP
        if index % PANELS_PER_LINE == 0:
            parts += labels(study, y)
        parts += panel(study, results, data, metric, x, y)
    return "\n".join([*parts, "</svg>"]) + "\n"


def labels(study, y):
    return [
        f'<text x="{LABELS - 12}" y="{y + (row + 0.5) * ROW + 4}" text-anchor="end">{escape(comparison.title)}</text>'
        for row, comparison in enumerate(study.comparisons)
    ]


def panel(study, results, data, metric, x, y):
    height = ROW * len(study.comparisons)
    points = {
        (row, number): results.difference(item, comparison, metric)
        for row, comparison in enumerate(study.comparisons)
        for number, item in enumerate(data)
    }
    reach = reach_of([extent(found) for found in points.values() if found])
    better = "lower is better" if metric.lower_is_better else "higher is better"
    middle = x + PANEL / 2
    parts = [
        f'<text x="{middle}" y="{y - 22}" text-anchor="middle" font-weight="bold">{escape(metric.name_of_difference)}</text>',
        f'<text x="{middle}" y="{y - 8}" text-anchor="middle" fill="#777" font-size="10">{better}</text>',
        f'<rect x="{x}" y="{y}" width="{PANEL}" height="{height}" fill="none" stroke="#ccc"/>',
        f'<line x1="{middle}" y1="{y}" x2="{middle}" y2="{y + height}" stroke="#999" stroke-dasharray="3 3"/>',
    ]
    for share in (-1, 0, 1):
        at = middle + share * PANEL * 0.42
        parts.append(
            f'<text x="{at:.1f}" y="{y + height + 16}" text-anchor="middle" fill="#555">{share * reach:+.2g}</text>'
            if share
            else f'<text x="{at:.1f}" y="{y + height + 16}" text-anchor="middle" fill="#555">0</text>')
    for (row, number), found in points.items():
        if found:
            at = y + (row + (number + 1) / (len(data) + 1)) * ROW
            if abs(found.mean) <= reach:
                parts += point(found, middle, PANEL * 0.42 / reach, at, COLOURS[number])
            else:
                parts += pointer(found, middle, at, COLOURS[number])
    return parts


def reach_of(extents):
    """What the panel shows: all of it, but for what is more than four times as far out as half of the others."""
    some = sorted(e for e in extents if e > 0)
    return max((e for e in some if e <= 4 * some[len(some) // 2]), default=1)


def extent(found):
    errors = 0 if math.isnan(found.standard_error) else 2 * found.standard_error
    return abs(found.mean) + errors


def pointer(found, middle, y, colour):
    """What lies outside: an arrow at the edge, with the number."""
    side = math.copysign(1, found.mean)
    edge = middle + side * (PANEL / 2 - 3)
    back, anchor = edge - side * 8, "end" if side > 0 else "start"
    return [
        f'<path d="M{edge:.1f} {y:.1f} L{back:.1f} {y - 4:.1f} L{back:.1f} {y + 4:.1f} Z" fill="{colour}"/>',
        f'<text x="{back - side * 4:.1f}" y="{y + 4:.1f}" text-anchor="{anchor}" font-size="10" fill="{colour}">'
        f"{found.mean:+.2g}</text>",
    ]


def point(found, middle, scale, y, colour):
    x = middle + found.mean * scale
    reach = 0 if math.isnan(found.standard_error) else 2 * found.standard_error * scale
    left, right = max(x - reach, middle - PANEL / 2), min(x + reach, middle + PANEL / 2)
    return [
        f'<line x1="{left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}" stroke="{colour}" stroke-width="2"/>',
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>',
    ]

// A plot of horizontal bars as SVG: no library, no fonts of its own, the same bytes every time.

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** @param bars  {label, value}, from top to bottom; a line marks 1, which is the peer */
export function barChart(title, bars) {
  const [labelWidth, plotWidth, line] = [400, 440, 18];
  const most = Math.ceil(Math.max(1, ...bars.map(({ value }) => value)));
  const x = (value) => (labelWidth + (plotWidth * value) / most).toFixed(1);
  const height = 48 + line * bars.length;
  const width = labelWidth + plotWidth + 60;
  const rows = bars.map(({ label, value }, i) => {
    const y = 36 + line * i;
    const length = ((plotWidth * value) / most).toFixed(1);
    return [
      `<text x="${labelWidth - 8}" y="${y + 12}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${labelWidth}" y="${y + 2}" width="${length}" height="13" fill="#3b6fb5"/>`,
      `<text x="${Number(x(value)) + 5}" y="${y + 12}">${value.toFixed(2)}</text>`,
    ].join('\n');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" \
viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${labelWidth}" y="20" font-size="14">${escaped(title)}</text>
${rows.join('\n')}
<line x1="${x(1)}" x2="${x(1)}" y1="30" y2="${height - 8}" stroke="#888" stroke-dasharray="3"/>
</svg>
`;
}

// The most frequent words of a verse.
const verse = `the quipu keeps the count of the harvest, the runner keeps the quipu`;
const counts = new Map();
for (const word of verse.match(/\p{L}+/gu)) counts.set(word, (counts.get(word) ?? 0) + 1);
const top = [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b)).slice(0, 3);
for (const [word, count] of top) console.log(`${"█".repeat(count)} ${word} ×${count}`);

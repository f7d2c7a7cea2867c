"""Reads its own file as input, tells the writing systems of its greetings, and estimates pi."""
import platform
import random
import unicodedata
from collections import Counter
from pathlib import Path

# > Здравствуй, мир
# > Καλημέρα κόσμε
# > こんにちは世界
# > ¡Hola, mundo!
# > Grüße, Welt 🌍

source = Path(__file__).read_text(encoding="utf-8")
for line in source.splitlines():
    if not line.startswith("# > "):
        continue
    greeting = line.removeprefix("# > ")
    scripts = Counter(unicodedata.name(c, "?").split()[0].lower() for c in greeting if c.isalpha())
    script, count = scripts.most_common(1)[0]
    print(f"{count:>3} letters, mostly {script:<9} {greeting}")

random.seed(7)
points = 200_000
inside = sum(random.random() ** 2 + random.random() ** 2 <= 1 for _ in range(points))
print(f"π ≈ {4 * inside / points:.4f} from {points:,} points, Python {platform.python_version()}")

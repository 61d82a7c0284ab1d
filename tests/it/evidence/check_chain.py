import hashlib, sys
before, chained, masked = "0" * 64, 0, 0
for number, line in enumerate(open(sys.argv[1], encoding="utf-8", newline="\n"), 1):
    stated, text = line.removeprefix('{"hash":"').split('",', 1)
    if text.startswith('"masked":true,'):
        masked += 1
    elif stated or chained:
        found = hashlib.sha256((before + "\n{" + text).encode("utf-8")).hexdigest()
        if found != stated:
            sys.exit(f"line {number}: the hash is {found}, and {stated} is stated")
    before, chained = stated or before, chained + bool(stated)
print(f"chain of {chained} events, head {before}, {masked} masked")

"""Looks for marks in octets, in every form in which somebody might have kept them."""
import base64
import hashlib

# Base64 shows three faces of the same octets, one for each place in a group of three. The first and
# the last sign depend on what stands beside them, so they are left out.
ALIGNMENTS = 3


def _base64_faces(octets):
    faces = []
    for pad in range(ALIGNMENTS):
        text = base64.b64encode(b"\0" * pad + octets + b"\0" * ((3 - (pad + len(octets)) % 3) % 3))
        first = -(-pad * 8 // 6) + (1 if pad else 0)
        last = (pad + len(octets)) * 8 // 6
        faces.append(text[first:last])
        faces.append(text[first:last].replace(b"+", b"-").replace(b"/", b"_"))
    return faces


def _hashes(octets):
    for name in ("sha256", "sha1", "md5"):
        yield name, hashlib.new(name, octets).digest()


def _bcd(digits, swapped):
    pairs = [digits[i:i + 2] for i in range(0, len(digits) - 1, 2)]
    return bytes(int(pair[::-1] if swapped else pair, 16) for pair in pairs)


def forms_of_octets(octets):
    """Name and octets of each form of something that is kept as it is."""
    out = [("raw", octets), ("hex", octets.hex().encode()), ("HEX", octets.hex().upper().encode())]
    out += [(f"base64/{i}", face) for i, face in enumerate(_base64_faces(octets))]
    for name, digest in _hashes(octets):
        out += [(name, digest), (f"{name} hex", digest.hex().encode())]
    return out


def forms_of_text(text):
    out = forms_of_octets(text.encode())
    out += [("utf-16le", text.encode("utf-16-le")), ("utf-16be", text.encode("utf-16-be"))]
    return out


def forms_of_number(digits, country):
    """An address of digits; `country` is its calling code, or "" for ids that have none."""
    spellings = {"international": digits, "plus": "+" + digits, "00": "00" + digits}
    if country:
        national = digits[len(country):]
        spellings |= {"national": national, "national 0": "0" + national}
    out = []
    for spelling, text in spellings.items():
        out += [(f"{spelling} {name}", octets) for name, octets in forms_of_text(text)]
    for swapped in (False, True):
        out.append((f"bcd swapped={swapped}", _bcd(digits, swapped)))
        # With an odd number of digits the second nibble may come first.
        out.append((f"bcd late swapped={swapped}", _bcd(digits[1:], swapped)))
    return out


class Scanner:
    def __init__(self, marks):
        """`marks`: name -> forms."""
        self.patterns = {}
        for mark, forms in marks.items():
            for form, octets in forms:
                assert len(octets) >= 5, (mark, form)
                self.patterns.setdefault(octets, (mark, form))

    def find(self, octets):
        """{mark: {form, …}} of all that is in there."""
        found = {}
        for pattern, (mark, form) in self.patterns.items():
            if pattern in octets:
                found.setdefault(mark, set()).add(form)
        return found


PAGES = 1 << 20  # octets that are read at a time


def _runs(memory, start, end):
    """What of a mapping is not nothing: most of a stack and of an arena was never touched."""
    run = []
    for at in range(start, end, PAGES):
        memory.seek(at)
        octets = memory.read(min(PAGES, end - at))
        if octets.count(0) == len(octets):
            if run:
                yield b"".join(run)
                run = []
        else:
            run.append(octets)
    if run:
        yield b"".join(run)


# Where the sanitizers keep who touched what and what may be touched (tsan_platform.h and asan_mapping.h of g++ 12,
# x86-64): terabytes of addresses, and no octets of the program's.
SHADOWS = {
    "/libtsan.so": (range(0x010000000000, 0x200000000000), range(0x300000000000, 0x340000000000)),
    "/libasan.so": (range(0x00007FFF7000, 0x10007FFF8000),),
}


def memory_of(pid):
    """Everything that a process can have written: its mappings without the files that it only
    reads. In long runs, so that a mark cannot hide across the edge of two."""
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps:
        lines = maps.readlines()
    shadow = [each for library, ranges in SHADOWS.items() for each in ranges
              if any(library in line for line in lines)]
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in lines:
            words = line.split()
            is_file = len(words) > 5 and words[5].startswith("/")
            if "r" not in words[1] or (is_file and "w" not in words[1]) or words[-1] in (
                    "[vvar]", "[vsyscall]", "[vvar_vclock]"):
                continue
            start, end = (int(each, 16) for each in words[0].split("-"))
            if any(start in each for each in shadow):
                continue
            try:
                yield from _runs(memory, start, end)
            except OSError:
                continue  # a guard page, or gone meanwhile

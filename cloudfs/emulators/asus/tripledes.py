"""Triple DES, for passwords only (reference 2.4); the standard library has none.

EDE with three keys, ECB, PKCS#5 padding, as FIPS 46-3 describes it. Bits are counted from 1,
the first being the highest, as in the tables of the standard.
"""

BLOCK = 8  # bytes

_INITIAL = [58 - 8 * column + 2 * row for row in range(4) for column in range(8)] + [
    57 - 8 * column + 2 * row for row in range(4) for column in range(8)
]
_FINAL = [_INITIAL.index(bit) + 1 for bit in range(1, 65)]
_EXPANSION = [(4 * row + column - 1) % 32 + 1 for row in range(8) for column in range(6)]
_PERMUTATION = [
    *(16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10),
    *(2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25),
]
_CHOICE_1 = [
    *(57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3),
    *(60, 52, 44, 36, 63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45),
    *(37, 29, 21, 13, 5, 28, 20, 12, 4),
]
_CHOICE_2 = [
    *(14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2),
    *(41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29),
    32,
]
_SHIFTS = (1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1)

# The eight S-boxes: four rows of sixteen hexadecimal digits each.
_BOXES = [
    bytes(int(digit, 16) for digit in rows)
    for rows in (
        "e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d",
        "f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9",
        "a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c",
        "7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e",
        "2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453",
        "c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d",
        "4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c",
        "d2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b",
    )
]


def decrypt(data: bytes, key: bytes) -> bytes:
    """The text that was encrypted with *key*, of 24 bytes. Raises ValueError if none was."""
    if not data or len(data) % BLOCK or len(key) != 3 * BLOCK:
        raise ValueError("this was not encrypted with such a key")
    first, second, third = (_round_keys(key[at : at + BLOCK]) for at in (0, BLOCK, 2 * BLOCK))
    steps = (third[::-1], second, first[::-1])
    text = b"".join(_block(data[at : at + BLOCK], steps) for at in range(0, len(data), BLOCK))
    padding = text[-1]
    if not 1 <= padding <= BLOCK or text[-padding:] != bytes([padding]) * padding:
        raise ValueError("the padding is wrong")
    return text[:-padding]


def _block(data: bytes, steps: tuple[list[int], ...]) -> bytes:
    value = int.from_bytes(data, "big")
    for round_keys in steps:
        value = _des(value, round_keys)
    return value.to_bytes(BLOCK, "big")


def _des(value: int, round_keys: list[int]) -> int:
    value = _pick(value, 64, _INITIAL)
    left, right = value >> 32, value & 0xFFFFFFFF
    for round_key in round_keys:
        left, right = right, left ^ _mixed(right, round_key)
    return _pick(right << 32 | left, 64, _FINAL)


def _mixed(half: int, round_key: int) -> int:
    wide = _pick(half, 32, _EXPANSION) ^ round_key
    mixed = 0
    for number, box in enumerate(_BOXES):
        six = wide >> (42 - 6 * number) & 0x3F
        row, column = six >> 4 & 2 | six & 1, six >> 1 & 0xF
        mixed = mixed << 4 | box[16 * row + column]
    return _pick(mixed, 32, _PERMUTATION)


def _round_keys(key: bytes) -> list[int]:
    chosen = _pick(int.from_bytes(key, "big"), 64, _CHOICE_1)
    left, right = chosen >> 28, chosen & 0xFFFFFFF
    keys = []
    for shift in _SHIFTS:
        left, right = _rotated(left, shift), _rotated(right, shift)
        keys.append(_pick(left << 28 | right, 56, _CHOICE_2))
    return keys


def _rotated(half: int, shift: int) -> int:
    return (half << shift | half >> (28 - shift)) & 0xFFFFFFF


def _pick(value: int, width: int, table: list[int]) -> int:
    picked = 0
    for bit in table:
        picked = picked << 1 | value >> (width - bit) & 1
    return picked

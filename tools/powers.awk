# Prints the table of lib/base/decimal.h: 128 leading bits of powers of ten, rounded down. They are worked out
# with 320 bits, in pieces of 16, by multiplying and dividing by ten from 1 on: each step loses less than
# one of the last, so that what is printed is exact but for its last bit.
BEGIN {
    LOW = -342; HIGH = 340; PIECES = 20; BASE = 65536
    begin()
    for (k = 0; k <= HIGH; k++) { line[k] = leading(); multiply() }
    begin()
    for (k = 0; k >= LOW; k--) { line[k] = leading(); divide() }
    print "#include \"decimal.h\"\nconst uint64_t nax_powers[][2] = {"
    for (k = LOW; k <= HIGH; k++) print "    " line[k]
    print "};"
}

# 1, with its leading bit on top
function begin(    i) {
    for (i = 2; i <= PIECES; i++) piece[i] = 0
    piece[1] = BASE / 2
}

function leading(    i, text) {
    text = "{0x"
    for (i = 1; i <= 8; i++) text = text sprintf("%04x", piece[i]) (i == 4 ? ", 0x" : "")
    return text "},"
}

function multiply() {
    times(10)
    divide_by(over < 8 ? 8 : 16)
}

function divide() {
    times(piece[1] < BASE * 10 / 16 ? 16 : 8)
    divide_by(10)
}

# multiplies; what is beyond the first piece is over
function times(n,    i) {
    over = 0
    for (i = PIECES; i >= 1; i--) {
        over += piece[i] * n
        piece[i] = over % BASE
        over = int(over / BASE)
    }
}

# divides what is over and the pieces
function divide_by(n,    i) {
    for (i = 1; i <= PIECES; i++) {
        over = over * BASE + piece[i]
        piece[i] = int(over / n)
        over %= n
    }
}

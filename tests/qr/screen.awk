# Renders a terminal: reads text with half blocks and SGR colours, and writes a PGM
# picture. Run it with LC_ALL=C, so that every awk sees bytes.
#   -v ground=dark|light    the terminal's own colours
#   -v columns=N -v rows=N  the minimum size of the window
#   -v scale=N              pixels per module (half a cell)
#   -v leading=N            pixels between two lines, in the background colour

function fail(message) {
    print "screen.awk: line " NR ": " message > "/dev/stderr"
    failed = 1
    exit 1
}

function palette(number) {
    if (number != 16 && number != 231)
        return 128
    return number == 16 ? 0 : 255
}

# Handles the parameters of an SGR sequence. Ignores all but colours.
function set_colours(parameters,    list, count, i) {
    count = split(parameters, list, ";")
    if (count == 0)
        list[count = 1] = 0
    for (i = 1; i <= count; i++) {
        if (list[i] + 0 == 0) {
            front = ink
            back = paper
        } else if (list[i] == 39) {
            front = ink
        } else if (list[i] == 49) {
            back = paper
        } else if (list[i] == 38 && list[i + 1] == 5) {
            front = palette(list[i += 2])
        } else if (list[i] == 48 && list[i + 1] == 5) {
            back = palette(list[i += 2])
        }
    }
}

# Each line of text has three parts: the upper and lower halves of its cells, and the
# leading.
function cell(upper, lower) {
    grey[column, 3 * NR - 3] = upper ? front : back
    grey[column, 3 * NR - 2] = lower ? front : back
    grey[column, 3 * NR - 1] = back
    column++
}

# Draws the first character of the line. Returns its number of bytes.
function draw(line,    first, glyph) {
    first = substr(line, 1, 1)
    glyph = substr(line, 1, 3)
    if (first == " ")
        cell(0, 0)
    else if (first < "\200")
        cell(1, 0)
    else if (glyph == "\342\226\200")
        cell(1, 0)
    else if (glyph == "\342\226\204")
        cell(0, 1)
    else if (glyph == "\342\226\210")
        cell(1, 1)
    else if (first >= "\300")
        cell(1, 0)
    return substr(glyph, 1, 2) == "\342\226" ? 3 : 1
}

BEGIN {
    ink = ground == "light" ? 40 : 200
    paper = ground == "light" ? 250 : 30
    front = ink
    back = paper
}

{
    column = 0
    line = $0
    while (line != "") {
        if (match(line, /^\033\[[0-9;]*m/)) {
            set_colours(substr(line, 3, RLENGTH - 3))
            line = substr(line, RLENGTH + 1)
        } else if (line ~ /^[\001-\037]/) {
            fail("a control character that sets no colour")
        } else {
            line = substr(line, draw(line) + 1)
        }
    }
    if (column > columns)
        columns = column
}

END {
    if (failed)
        exit 1
    if (NR > rows)
        rows = NR
    printf "P2\n%d %d\n255\n", columns * scale, rows * (2 * scale + leading)
    for (y = 0; y < 3 * rows; y++) {
        pixels = ""
        for (x = 0; x < columns; x++)
            for (i = 0; i < scale; i++)
                pixels = pixels ((x, y) in grey ? grey[x, y] : paper) "\n"
        for (i = 0; i < (y % 3 == 2 ? leading : scale); i++)
            printf "%s", pixels
    }
}

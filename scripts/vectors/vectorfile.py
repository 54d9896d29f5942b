"""The text format of the vectors: comment lines, then "name: value" lines."""


class Vector:
    def __init__(self, name, *comments):
        self.name, self.lines, self.values = name, ["# " + c for c in comments], {}

    def comment(self, text):
        self.lines.append("# " + text)

    def put(self, name, value):
        """bytes become hex, whole numbers decimal, text stays. What both sides know must be equal."""
        text = value.hex() if isinstance(value, (bytes, bytearray)) else str(value)
        if name in self.values:
            if self.values[name] != text:
                raise AssertionError("%s: the two sides disagree on %s" % (self.name, name))
            return
        self.values[name] = text
        self.lines.append((name + ": " + text).rstrip())

    def text(self):
        return "\n".join(self.lines) + "\n"

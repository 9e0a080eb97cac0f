"""Letters and labels that documents use, and what for."""

FUNCTIONS = frozenset({"S", "\\sigma", "softmax", "sigmoid", "g", "h", "f", "P", "Pr", "\\phi", "\\hat y", "\\hat p"})
VALUES = frozenset({"\\hat y", "\\hat p", "P", "\\phi"})  # functions of a letter, but factors before 1 - y
LOSSES = frozenset({"L", "J", "E", "C", "H", "\\ell", "\\xi", "l", "F", "CE", "NLL", "Loss", "loss", "D", "R"})
ARGUMENTS = frozenset(
    {"\\phi", "z", "x", "a", "s", "u", "o", "\\theta", "\\Theta", "w", "W", "X", "Z", "\\eta", "v", "f", "t"}
)
PROBABILITIES = FUNCTIONS | {"p", "q", "a", "o", "y", "\\pi", "\\mu"}
SAME_LOSS = frozenset({"CE", "ce", "NLL", "log", "xent", "crossentropy", "softmax", "Softmax", "cross-entropy", "S"})
ONES = "\\mathbf 1"  # the vector of ones
NEW = frozenset({"new", "old", "t", "t+1", "next", "*", "prev", "+", "\\tau", "\\tau+1", "n+1"})
PARAMETERS = frozenset({"\\theta", "\\Theta", "W", "\\phi", "\\Phi", "\\beta", "\\mathbf w"})
INDEX = frozenset("ijklmnpqrcst")
LOGITS = ("z", "a", "o", "s", "u", "v", "\\eta", "h", "f", "x")
INPUTS = frozenset({"x", "X", "\\phi"})
TARGETS = ("y", "t")
WEIGHTS = ("\\Theta", "\\theta", "W", "w", "\\beta", "V")
ALWAYS_PROBABILITIES = frozenset(
    {"S", "\\sigma", "softmax", "sigmoid", "p", "P", "q", "\\hat y", "\\hat p", "\\pi", "g"}
)
PREDICTIONS = frozenset({"softmax", "sigmoid", "\\sigma", "S"})
SAMPLE = "(sample)"  # the index of a sum over samples that no letter counts: \\sum_x
SIZES = ("K", "C", "N", "n", "m", "M", "B", "d", "D", "J", "L", "c", "k", "p", "T", "V")
STEPS = frozenset({"\\eta", "\\alpha", "\\epsilon", "\\varepsilon", "\\gamma"})  # what the size of a step is called

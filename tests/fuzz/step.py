"""What makes a method of the shop a step of a scenario."""

import functools


class Doc(str):
    """The name of a document in a scenario, such as ``mo1``; written without quotes."""

    def __repr__(self):
        return str(self)


def step(function):
    """Log the call as a line of Python, run it, check everything.

    Where it makes a document, the line begins with the document's name.
    """

    @functools.wraps(function)
    def call(shop, *args, **kwargs):
        words = [repr(arg) for arg in args]
        # a quantity of 0 is no default
        given = {k: v for k, v in kwargs.items() if v is not None and v is not False}
        words += [f"{k}={v!r}" for k, v in given.items()]
        shop.log.append(f"shop.{function.__name__}({', '.join(words)})")
        result = function(shop, *args, **kwargs)
        if isinstance(result, Doc):
            shop.log[-1] = f"{result} = {shop.log[-1]}"
        shop.check()
        return result

    return call


def name_document(kind, documents):
    """The next name of a kind of documents: po1, po2 …"""
    return Doc(f"{kind}{len(documents) + 1}")

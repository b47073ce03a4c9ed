"""Records written by one statement, where the ORM's work for each costs too much.

For documents of the addon's own only, which nobody changes afterwards. All columns must
be given, those included that the ORM would fill in or compute.
"""

from odoo.tools import SQL

#: Column types whose values the database reads fastest as text.
NUMBERS = {"bool", "float8", "int4", "numeric"}


def insert(model, vals_list, returning=("id",)):
    """Insert `vals_list` (the same keys in each); return the rows asked for.

    What depends on the new records is read anew.
    """
    if not vals_list:
        return []
    columns = tuple(vals_list[0])
    rows = [tuple(vals[name] for name in columns) for vals in vals_list]
    result = insert_rows(model, columns, rows, returning)
    forget(model)
    return result


def insert_rows(model, columns, rows, returning=(), constants=None):
    """The same for tuples of values, without a look at what is in memory.

    One statement with an array for each column, which the database reads several times
    as fast as a list of values.

    :param constants: {column: value} that all rows share; by default user and time
    """
    if not rows:
        return []
    if constants is None:
        constants = prepare_stamps(model.env)
    types = [model._fields[name].column_type[0] for name in columns]
    arrays = [
        SQL("%s::%s[]", _as_array(values, type_), SQL.identifier(type_))
        for values, type_ in zip(zip(*rows, strict=True), types, strict=True)
    ]
    query = SQL(
        "INSERT INTO %s (%s) SELECT %s FROM unnest(%s) AS new",
        SQL.identifier(model._table),
        SQL(", ").join(SQL.identifier(name) for name in (*columns, *constants)),
        SQL(", ").join([SQL("new.*"), *(SQL("%s", x) for x in constants.values())]),
        SQL(", ").join(arrays),
    )
    if returning:
        names = SQL(", ").join(SQL.identifier(name) for name in returning)
        query = SQL("%s RETURNING %s", query, names)
    return model.env.execute_query(query)


def prepare_stamps(env):
    """Who writes rows, and when."""
    now, uid = env.cr.now(), env.uid
    return {
        "create_uid": uid,
        "write_uid": uid,
        "create_date": now,
        "write_date": now,
    }


def forget(model):
    """Have lists of records of `model`, and what is computed from them, read anew."""
    for name, fields in model.env["backflush.engine"]._get_lists_of(model._name):
        model.env[name].invalidate_model(fields, flush=False)


def _as_array(values, type_):
    """What the database reads as an array."""
    if type_ != "bool":
        values = [None if value is False else value for value in values]
    if type_ not in NUMBERS:
        return list(values)
    return f"{{{','.join('NULL' if v is None else str(v) for v in values)}}}"

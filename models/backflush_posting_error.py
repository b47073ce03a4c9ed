"""A refusal to post that knows the place where it is set right."""

from odoo.exceptions import UserError

#: Place to set the journal and the accounts of a company.
SETTINGS = "account.action_account_config"
ELEMENTS = "backflush_costing.backflush_element_action"
VERSIONS = "backflush_costing.backflush_version_action"


class PostingError(UserError):
    """Why an event cannot be posted: a sentence for the user, without amounts.

    ``place`` is the record that has to be changed, or the XML id of the action that
    opens the right list. It becomes a button on the failed posting.
    """

    def __init__(self, message, place=None):
        super().__init__(message)
        self.place = place


def prepare_place(error):
    """Vals of the place on a posting; all empty where `error` knows none."""
    place = getattr(error, "place", None)
    is_action = isinstance(place, str)
    record = None if is_action else place
    return {
        "place_model": record._name if record else False,
        "place_id": record.id if record else False,
        "place_action": place if is_action else False,
    }

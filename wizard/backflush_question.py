from collections import defaultdict

from markupsafe import Markup
from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class BackflushQuestion(models.TransientModel):
    """Asks the right people about variances: an activity on each document.

    Says what is asked about in kinds and products. Amounts are left out: whoever is
    asked sees those only with a right of their own.
    """

    _name = "backflush.question"
    _description = "Question about Variances"

    variance_ids = fields.Many2many(
        "backflush.variance",
        string="Variances",
        required=True,
        default=lambda self: self._default_variances(),
    )
    user_id = fields.Many2one(
        "res.users",
        string="Ask",
        domain="[('share', '=', False)]",
        help="Empty: the person named in each row.",
    )
    date_deadline = fields.Date(
        string="Answer Until", required=True, default=fields.Date.context_today
    )
    question = fields.Text(
        help="Everybody who can read the document reads this: name no amounts that "
        "are not for everybody."
    )

    @api.model
    def _default_variances(self):
        if self.env.context.get("active_model") != "backflush.variance":
            return False
        return [Command.set(self.env.context.get("active_ids", []))]

    def action_ask(self):
        """Create the activities: one for each document and person."""
        self.ensure_one()
        self.variance_ids.check_access("read")
        groups = defaultdict(self.env["backflush.variance"].browse)
        for variance in self.variance_ids:
            user = self.user_id or variance.asked_id or self.env.user
            # sudo: whoever asks need not have rights in purchase or manufacturing
            document = variance.sudo()._get_asked_document(user)
            if document is None:
                raise UserError(
                    self.env._(
                        "%(variance)s belongs to the period as a whole: there is no "
                        "document to ask about. Leave it out.",
                        variance=variance.display_name,
                    )
                )
            groups[document, user] |= variance
        for (document, user), variances in groups.items():
            self._schedule(document, user, variances)
        return self._notify({user for _document, user in groups})

    def _schedule(self, document, user, variances):
        """sudo: whoever reads costs need not be able to change the document."""
        names = self.with_context(lang=user.lang)._get_names(variances)
        summary = names[0]
        if len(names) > 1:
            summary = self.with_context(lang=user.lang).env._(
                "%(first)s and %(count)s more variances",
                first=names[0],
                count=len(names) - 1,
            )
        note = Markup("<ul>%s</ul>") % Markup().join(
            Markup("<li>%s</li>") % name for name in names
        )
        if self.question:
            lines = self.question.splitlines()
            note = Markup("<p>%s</p>") % Markup("<br/>").join(lines) + note
        document.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=self.date_deadline,
            summary=summary,
            note=note,
            user_id=user.id,
        )

    def _get_names(self, variances):
        """What is asked about, in kinds and products, each once."""
        kinds = variances._fields["kind"]
        labels = dict(kinds._description_selection(self.env))
        names = []
        for variance in variances:
            # sudo: names only
            goods = variance.sudo().component_id or variance.sudo().product_id
            about = goods or variance.sudo().workcenter_id or variance.element_id
            label = labels[variance.kind]
            names.append(f"{label}: {about.display_name}" if about else label)
        return list(dict.fromkeys(names))

    @api.model
    def _notify(self, users):
        names = ", ".join(sorted(user.sudo().name for user in users))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Asked: %(names)s.", names=names),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

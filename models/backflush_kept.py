from odoo import models
from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG


class BackflushKept(models.AbstractModel):
    """Records whose checks before deletion nobody outside switches off.

    Odoo leaves those checks out where the context says that a module is uninstalled,
    and a caller over RPC chooses the context.
    """

    _name = "backflush.kept"
    _description = "Kept Record"

    def unlink(self):
        if not self.env.su:
            self = self.with_context(**{MODULE_UNINSTALL_FLAG: False})
        return super().unlink()

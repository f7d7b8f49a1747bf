"""What an author sees beside the fields of a course or a lesson."""

from typing import Any

from wagtail.admin.panels import Panel


class ChecksPanel(Panel):
    """What has to be mended, on top of the editor: all of a course, or one lesson as it stands there."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "courses/cms/checks_panel.html"

        def is_shown(self) -> bool:
            return bool(self.instance.pk)

        def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
            from courses.checks import findings_of_page, may_publish  # noqa: PLC0415 - the checks read the pages, which have this panel

            findings = findings_of_page(self.instance)
            return {
                **super().get_context_data(parent_context),
                "blocking": [finding for finding in findings if finding.blocks],
                "advice": [finding for finding in findings if not finding.blocks],
                "page_pk": self.instance.pk,
                "may_publish": may_publish(self.instance, self.request.user),
            }


class OutlinePanel(Panel):
    """The modules of a course with their lessons, each a link, and where a next one is added."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "courses/cms/outline_panel.html"

        def is_shown(self) -> bool:
            return bool(self.instance.pk)

        def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
            from courses.drafts import outline  # noqa: PLC0415 - it reads the pages, which have this panel

            return {
                **super().get_context_data(parent_context),
                "course": self.instance,
                "modules": outline(self.instance),
                "may_add": self.instance.permissions_for_user(self.request.user).can_add_subpage(),
            }

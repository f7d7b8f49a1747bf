"""Who may work in the editor (Wagtail), derived from roles.

Three groups carry the permissions: "Auteurs" may make and change pages and files, "Verenigingsbeheerders" may publish as well,
"Accreditatiebeheerders" may put pictures there for their certificate templates, and change no page. Which
organisation's pages someone may change is not a matter of groups: the room that owns the pages asks `accounts.permissions.may`.
"""

from typing import Any

from django.contrib.auth.models import Group, Permission
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from accounts.models import Role, User

GROUPS = {Role.AUTHOR: "Auteurs", Role.ASSOCIATION_ADMIN: "Verenigingsbeheerders", Role.ACCREDITATION_ADMIN: "Accreditatiebeheerders"}
PAGE_PERMISSIONS = {
    Role.AUTHOR: ["add_page", "change_page"],
    Role.ASSOCIATION_ADMIN: ["add_page", "change_page", "publish_page", "lock_page", "unlock_page"],
    Role.ACCREDITATION_ADMIN: [],
}
# Who may add may change what they added themselves. A file that others put there stands in their courses: nobody else replaces it.
FILE_PERMISSIONS = ["add_image", "choose_image", "add_document", "choose_document"]


def keep_groups_in_step(user: User) -> None:
    """Put this person in the editor's groups that their roles ask for, and out of the others of ours."""
    held = set(user.memberships.values_list("role", flat=True))
    for role, name in GROUPS.items():
        group, _made = Group.objects.get_or_create(name=name)
        (user.groups.add if role in held else user.groups.remove)(group)


def make_groups() -> None:
    """The groups with entry to the editor and to images and documents; pages follow in `open_pages`."""
    entry = Permission.objects.filter(content_type__app_label="wagtailadmin", codename="access_admin")
    root = Collection.get_first_root_node()
    for role, name in GROUPS.items():
        group, _made = Group.objects.get_or_create(name=name)
        # Who held the role before it came with a group.
        group.user_set.add(*User.objects.filter(memberships__role=role).exclude(groups=group))
        group.permissions.add(*entry)
        files = _permissions(FILE_PERMISSIONS)
        GroupCollectionPermission.objects.filter(group=group).exclude(permission__in=files).delete()
        for permission in files if root else ():
            GroupCollectionPermission.objects.get_or_create(group=group, collection=root, permission=permission)


def open_pages(page: Page) -> None:
    """Let the groups work on this page and all below it: call it for the catalogue, once it exists."""
    for role, name in GROUPS.items():
        group, _made = Group.objects.get_or_create(name=name)
        for permission in _permissions(PAGE_PERMISSIONS[role]):
            GroupPagePermission.objects.get_or_create(group=group, page=page, permission=permission)


def _permissions(codenames: list[str]) -> Any:
    return Permission.objects.filter(codename__in=codenames, content_type__app_label__in=["wagtailcore", "wagtailimages", "wagtaildocs"])

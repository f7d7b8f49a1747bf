"""Addresses of `accounts`: log-in through allauth, one's own profile, members and the audit trail."""

from django.urls import include, path

from accounts import oidc, views

ours = [
    path("mijn/profiel/", views.profile, name="profile"),
    path("mijn/profiel/begin/", views.profile_start, name="profile_start"),
    path("mijn/profiel/registers/nieuw/", views.register_entry_add, name="register_entry_add"),
    path("mijn/profiel/registers/<int:pk>/", views.register_entry_change, name="register_entry_change"),
    path("mijn/profiel/registers/<int:pk>/verwijderen/", views.register_entry_remove, name="register_entry_remove"),
    path("mijn/inzage/", views.access_log, name="access_log"),
    path("mijn/uitnodiging/<uuid:uuid>/", views.invitation, name="invitation"),
    path("beheer/leden/", views.organisations, name="organisations"),
    path("beheer/leden/<slug:organisation>/", views.members, name="members"),
    path("beheer/leden/<slug:organisation>/uitnodigen/", views.invite_member, name="invite_member"),
    path("beheer/leden/<slug:organisation>/<int:pk>/", views.member, name="member"),
    path("beheer/audit/", views.audit_trail, name="audit"),
    path("beheer/audit/export.csv", views.audit_export, name="audit_export"),
]

urlpatterns = [
    path("", include((ours, "accounts"))),
    # Before allauth's own, which trusts the signature of an id_token to the connection it came over.
    path("account/oidc/<slug:provider_id>/login/callback/", oidc.callback, name="openid_connect_callback"),
    path("account/", include("allauth.urls")),
]

package backendapi

import (
	"net/http"
	"strings"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// organizationSettings are the settings about organizations as Clerk has them. Roles
// and permissions are fixed, and organizations have no domains.
type organizationSettings struct {
	Object                 string      `json:"object"`
	Enabled                bool        `json:"enabled"`
	MaxAllowedMemberships  int         `json:"max_allowed_memberships"`
	MaxAllowedRoles        int         `json:"max_allowed_roles"`
	MaxAllowedPermissions  int         `json:"max_allowed_permissions"`
	MaxAllowedDomains      int         `json:"max_allowed_domains"`
	CreatorRole            store.Role  `json:"creator_role"`
	AdminDeleteEnabled     bool        `json:"admin_delete_enabled"`
	DomainsEnabled         bool        `json:"domains_enabled"`
	SlugDisabled           bool        `json:"slug_disabled"`
	DomainsEnrollmentModes [0]struct{} `json:"domains_enrollment_modes"`
	DomainsDefaultRole     store.Role  `json:"domains_default_role"`
}

func answerOrganizationSettings(i store.Instance, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return tagged{object: newOrganizationSettings(i.Settings.Organizations), version: admin.SettingsVersion(i)}, nil
}

func newOrganizationSettings(s store.OrganizationSettings) organizationSettings {
	return organizationSettings{
		Object:                "organization_settings",
		Enabled:               s.Enabled,
		MaxAllowedMemberships: s.MaxMembers,
		MaxAllowedRoles:       len(roles),
		MaxAllowedPermissions: len(roles[store.RoleAdmin].permissions),
		CreatorRole:           store.RoleAdmin,
		AdminDeleteEnabled:    !s.AdminsKeep,
		DomainsDefaultRole:    store.RoleMember,
	}
}

// getOrganizationSettings serves GET /v1/instance/organization_settings.
func (a *API) getOrganizationSettings(r *http.Request) (any, error) {
	return answerOrganizationSettings(a.admin.Instance(r.Context()))
}

// updateOrganizationSettings serves PATCH /v1/instance/organization_settings.
func (a *API) updateOrganizationSettings(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	enabled, adminsDelete := f.flag("enabled"), f.flag("admin_delete_enabled")
	maxMembers := f.integer("max_allowed_memberships")
	f.notOffered("creator_role_id", "domains_enabled", "domains_enrollment_modes", "domains_default_role_id", "slug_disabled", "force_organization_selection")
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	return answerOrganizationSettings(a.provided(r).ChangeOrganizationSettings(r.Context(), func(s *store.OrganizationSettings) {
		set(&s.Enabled, enabled)
		set(&s.MaxMembers, maxMembers)
		if adminsDelete != nil {
			s.AdminsKeep = !*adminsDelete
		}
	}))
}

// organizationsOn refuses every request about organizations while there are none.
func (a *API) organizationsOn(r *http.Request) error {
	about := strings.HasPrefix(r.Pattern, "/v1/organization") || strings.HasSuffix(r.Pattern, "/organization_memberships") ||
		strings.HasPrefix(r.Pattern, "/v1/users") && r.URL.Query().Has("organization_id")
	if !about {
		return nil
	}
	return a.admin.OrganizationsOn(r.Context())
}

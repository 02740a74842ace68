package sdk

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/instancesettings"
	"github.com/clerk/clerk-sdk-go/v2/organization"
	"github.com/clerk/clerk-sdk-go/v2/organizationmembership"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

// noOrganization is an id that no organization has.
const noOrganization = "org_000000000000000000000000000"

// organizations switches them on.
func organizations(t *testing.T, s server) *organization.Client {
	t.Helper()
	settings, err := instancesettings.NewClient(s.config()).UpdateOrganizationSettings(t.Context(), &instancesettings.UpdateOrganizationSettingsParams{
		Enabled: clerk.Bool(true), MaxAllowedMemberships: clerk.Int64(2), DomainsEnabled: clerk.Bool(false),
	})
	if err != nil || !settings.Enabled || settings.MaxAllowedMemberships != 2 || settings.CreatorRole != "org:admin" || settings.MaxAllowedRoles != 2 {
		t.Fatalf("UpdateOrganizationSettings = %+v, %v", settings, err)
	}
	return organization.NewClient(s.config())
}

func (s server) createUser(t *testing.T, word string) string {
	t.Helper()
	u, err := user.NewClient(s.config()).Create(t.Context(), &user.CreateParams{Username: &word, EmailAddresses: &[]string{word + "@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

func TestOrganizations(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		orgs := organizations(t, s)
		word := strings.ToLower(strings.ReplaceAll(unique(), ".", "-"))
		admin := s.createUser(t, strings.ReplaceAll(word, "-", "_"))
		metadata := json.RawMessage(`{"plan":"team"}`)
		made, err := orgs.Create(t.Context(), &organization.CreateParams{Name: &word, CreatedBy: &admin, PublicMetadata: &metadata, MaxAllowedMemberships: clerk.Int64(5)})
		if err != nil || made.Slug != word || made.CreatedBy != admin || string(made.PublicMetadata) != `{"plan":"team"}` || made.MaxAllowedMemberships != 5 {
			t.Fatalf("Create = %+v, %v", made, err)
		}
		if got, err := orgs.Get(t.Context(), made.Slug); err != nil || got.ID != made.ID || got.MembersCount != nil {
			t.Errorf("Get = %+v, %v", got, err)
		}
		if got, err := orgs.GetWithParams(t.Context(), made.ID, &organization.GetParams{IncludeMembersCount: clerk.Bool(true)}); err != nil || *got.MembersCount != 1 {
			t.Errorf("GetWithParams = %+v, %v", got, err)
		}
		list, err := orgs.List(t.Context(), &organization.ListParams{Query: &word, UserIDs: []string{admin}, OrderBy: clerk.String("-created_at"), IncludeMissingMemberWithElevatedPermissions: clerk.Bool(true)})
		if err != nil || list.TotalCount != 1 || list.Organizations[0].ID != made.ID || *list.Organizations[0].MissingMemberWithElevatedPermissions {
			t.Errorf("List = %+v, %v", list, err)
		}
		more := json.RawMessage(`{"seats":3}`)
		changed, err := orgs.Update(t.Context(), made.ID, &organization.UpdateParams{Name: clerk.String("Renamed"), PrivateMetadata: &more})
		if err != nil || changed.Name != "Renamed" || string(changed.PrivateMetadata) != `{"seats":3}` {
			t.Errorf("Update = %+v, %v", changed, err)
		}
		if got, err := orgs.UpdateMetadata(t.Context(), made.ID, &organization.UpdateMetadataParams{PublicMetadata: &more}); err != nil || string(got.PublicMetadata) != `{"plan":"team","seats":3}` {
			t.Errorf("UpdateMetadata = %+v, %v", got, err)
		}
		if got, err := orgs.ReplaceMetadata(t.Context(), made.ID, &organization.ReplaceMetadataParams{PublicMetadata: &more}); err != nil || string(got.PublicMetadata) != `{"seats":3}` {
			t.Errorf("ReplaceMetadata = %+v, %v", got, err)
		}
		var picture bytes.Buffer
		if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
			t.Fatal(err)
		}
		if got, err := orgs.UpdateLogo(t.Context(), made.ID, &organization.UpdateLogoParams{File: upload{bytes.NewReader(picture.Bytes())}, UploaderUserID: &admin}); err != nil || !got.HasImage {
			t.Errorf("UpdateLogo = %+v, %v", got, err)
		}
		if got, err := orgs.DeleteLogo(t.Context(), made.ID); err != nil || got.HasImage {
			t.Errorf("DeleteLogo = %+v, %v", got, err)
		}
		if gone, err := orgs.Delete(t.Context(), made.ID); err != nil || !gone.Deleted || gone.ID != made.ID {
			t.Errorf("Delete = %+v, %v", gone, err)
		}
	})
}

func TestOrganizationRefusals(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		if _, err := organization.NewClient(s.config()).List(t.Context(), &organization.ListParams{}); refusedWith(t, err) != "403 organization_not_enabled_in_instance" {
			t.Errorf("while they are off: %v", err)
		}
		orgs := organizations(t, s)
		word := strings.ToLower(strings.ReplaceAll(unique(), ".", "-"))
		if _, err := orgs.Create(t.Context(), &organization.CreateParams{Name: &word, Slug: &word}); err != nil {
			t.Fatal(err)
		}
		const missing = "404 resource_not_found"
		for name, x := range map[string]struct {
			call func() error
			want string
		}{
			"Create": {func() error {
				_, err := orgs.Create(t.Context(), &organization.CreateParams{Name: &word, Slug: &word})
				return err
			}, "422 form_identifier_exists slug"},
			"Get": {func() error { _, err := orgs.Get(t.Context(), noOrganization); return err }, missing},
			"GetWithParams": {func() error {
				_, err := orgs.GetWithParams(t.Context(), noOrganization, &organization.GetParams{})
				return err
			}, missing},
			"List": {func() error {
				_, err := orgs.List(t.Context(), &organization.ListParams{OrderBy: clerk.String("slug")})
				return err
			}, "422 form_param_value_invalid order_by"},
			"Update": {func() error {
				_, err := orgs.Update(t.Context(), noOrganization, &organization.UpdateParams{Name: &word})
				return err
			}, missing},
			"UpdateMetadata": {func() error {
				_, err := orgs.UpdateMetadata(t.Context(), noOrganization, &organization.UpdateMetadataParams{})
				return err
			}, missing},
			"ReplaceMetadata": {func() error {
				_, err := orgs.ReplaceMetadata(t.Context(), noOrganization, &organization.ReplaceMetadataParams{})
				return err
			}, missing},
			"UpdateLogo": {func() error {
				_, err := orgs.UpdateLogo(t.Context(), word, &organization.UpdateLogoParams{File: upload{bytes.NewReader([]byte("text"))}})
				return err
			}, "400 request_body_invalid file"},
			"DeleteLogo": {func() error { _, err := orgs.DeleteLogo(t.Context(), noOrganization); return err }, missing},
			"Delete":     {func() error { _, err := orgs.Delete(t.Context(), noOrganization); return err }, missing},
			"UpdateOrganizationSettings": {func() error {
				_, err := instancesettings.NewClient(s.config()).UpdateOrganizationSettings(t.Context(), &instancesettings.UpdateOrganizationSettingsParams{CreatorRoleID: clerk.String("role_1")})
				return err
			}, "422 form_param_value_invalid creator_role_id"},
		} {
			if got := refusedWith(t, x.call()); got != x.want {
				t.Errorf("%s: %s, want %s", name, got, x.want)
			}
		}
	})
}

func TestOrganizationMemberships(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		orgs, memberships, users := organizations(t, s), organizationmembership.NewClient(s.config()), user.NewClient(s.config())
		word := strings.ReplaceAll(unique(), ".", "_")
		admin, member, late := s.createUser(t, word+"a"), s.createUser(t, word+"b"), s.createUser(t, word+"c")
		o, err := orgs.Create(t.Context(), &organization.CreateParams{Name: &word, CreatedBy: &admin})
		if err != nil {
			t.Fatal(err)
		}
		add := func(id, role string) (*clerk.OrganizationMembership, error) {
			return memberships.Create(t.Context(), &organizationmembership.CreateParams{OrganizationID: o.ID, UserID: &id, Role: &role})
		}
		joined, err := add(member, "org:member")
		if err != nil || joined.Role != "org:member" || joined.RoleName != "Member" || joined.Organization.ID != o.ID ||
			joined.PublicUserData.UserID != member || joined.PublicUserData.Identifier != word+"b@example.com" || len(joined.Permissions) == 0 {
			t.Fatalf("Create = %+v, %v", joined, err)
		}
		if _, err := add(member, "org:member"); refusedWith(t, err) != "400 already_a_member_in_organization user_id" {
			t.Errorf("Create again = %v", err)
		}
		if _, err := add(late, "org:member"); refusedWith(t, err) != "403 organization_membership_quota_exceeded" {
			t.Errorf("Create beyond the limit = %v", err)
		}
		list, err := memberships.List(t.Context(), &organizationmembership.ListParams{OrganizationID: o.ID, Roles: []string{"org:admin"}, OrderBy: clerk.String("+email_address"), NameQuery: clerk.String("")})
		if err != nil || list.TotalCount != 1 || list.OrganizationMemberships[0].PublicUserData.UserID != admin {
			t.Errorf("List = %+v, %v", list, err)
		}
		if _, err := memberships.List(t.Context(), &organizationmembership.ListParams{OrganizationID: noOrganization}); refusedWith(t, err) != "404 resource_not_found" {
			t.Errorf("List of none = %v", err)
		}
		own, err := users.ListOrganizationMemberships(t.Context(), member, &user.ListOrganizationMembershipsParams{})
		if err != nil || own.TotalCount != 1 || own.OrganizationMemberships[0].Organization.ID != o.ID {
			t.Errorf("ListOrganizationMemberships = %+v, %v", own, err)
		}
		if _, err := users.ListOrganizationMemberships(t.Context(), nobody, &user.ListOrganizationMembershipsParams{}); refusedWith(t, err) != "404 resource_not_found" {
			t.Errorf("ListOrganizationMemberships of nobody = %v", err)
		}
		update := func(id, role string) error {
			_, err := memberships.Update(t.Context(), &organizationmembership.UpdateParams{OrganizationID: o.ID, UserID: id, Role: &role})
			return err
		}
		if err := update(admin, "org:member"); refusedWith(t, err) != "400 organization_minimum_permissions_needed" {
			t.Errorf("Update of the last admin = %v", err)
		}
		if err := update(member, "org:admin"); err != nil {
			t.Errorf("Update = %v", err)
		}
		if gone, err := memberships.Delete(t.Context(), &organizationmembership.DeleteParams{OrganizationID: o.ID, UserID: admin}); err != nil || gone.PublicUserData.UserID != admin {
			t.Errorf("Delete = %+v, %v", gone, err)
		}
		if _, err := memberships.Delete(t.Context(), &organizationmembership.DeleteParams{OrganizationID: o.ID, UserID: member}); refusedWith(t, err) != "400 organization_minimum_permissions_needed" {
			t.Errorf("Delete of the last admin = %v", err)
		}
	})
}

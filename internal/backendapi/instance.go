package backendapi

import (
	"net/http"

	"github.com/signet-auth/signet/internal/admin"
	"github.com/signet-auth/signet/internal/store"
)

// An instanceObject is the installation.
type instanceObject struct {
	Object          string   `json:"object"`
	ID              string   `json:"id"`
	EnvironmentType string   `json:"environment_type"`
	AllowedOrigins  []string `json:"allowed_origins"` // null for none
	WorkspaceID     *string  `json:"workspace_id"`

	Signet instanceExtras `json:"signet"`
}

// instanceExtras are what Clerk decides elsewhere.
type instanceExtras struct {
	SignUp        string   `json:"sign_up"`
	SignUpDomains []string `json:"sign_up_domains"` // null for all
}

func newInstanceExtras(s store.SignUp) instanceExtras {
	return instanceExtras{admin.SignUpPolicyName(s.Policy), s.Domains}
}

// getInstance serves GET /v1/instance.
func (a *API) getInstance(r *http.Request) (any, error) {
	i, err := a.admin.Instance(r.Context())
	if err != nil {
		return nil, err
	}
	o := instanceObject{Object: "instance", ID: i.ID, EnvironmentType: "production", AllowedOrigins: i.Settings.AllowedOrigins}
	o.Signet = newInstanceExtras(i.Settings.SignUp)
	if a.development() {
		o.EnvironmentType = "development"
	}
	return o, nil
}

// updateInstance serves PATCH /v1/instance. Most of what Clerk lets decide here is
// about what Signet does not have.
func (a *API) updateInstance(r *http.Request) (any, error) {
	f, err := fieldsOf(r)
	if err != nil {
		return nil, err
	}
	origins := f.texts("allowed_origins")
	f.notOffered("test_mode", "hibp", "enhanced_email_deliverability", "support_email", "clerk_js_version",
		"development_origin", "cookieless_dev", "url_based_session_syncing")
	var policy *string
	var domains []string
	f.section("signet", func(own *fields) {
		policy, domains = own.text("sign_up"), own.texts("sign_up_domains")
	})
	f.refuseUnknown()
	if err := f.err(); err != nil {
		return nil, err
	}
	_, err = a.admin.UpdateSettings(r.Context(), func(s *store.Settings) {
		if origins != nil {
			s.AllowedOrigins = origins
		}
		if policy != nil {
			s.SignUp.Policy = asSignUpPolicy(*policy)
		}
		if domains != nil {
			s.SignUp.Domains = domains
		}
	})
	return nil, err
}

// asSignUpPolicy reads the name of a policy. What is none is refused with the
// settings.
func asSignUpPolicy(name string) store.SignUpPolicy {
	if policy, ok := admin.SignUpPolicies[name]; ok {
		return policy
	}
	return store.SignUpPolicy("unknown")
}

package backendapi

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// An event about the settings shows each of them, so that nobody changes one unseen.
func TestSettingsEventsShowAllSettings(t *testing.T) {
	describe := Describe("https://signet.example")
	shown := func(s store.Settings) string {
		t.Helper()
		object, err := describe("ins_1", store.Instance{Settings: s})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	usual := shown(store.Settings{})
	changes := map[string]store.Settings{
		"Lifetimes":                 {Lifetimes: oauth.Lifetimes{Grant: time.Hour}},
		"AllowHTTPRedirectURIs":     {AllowHTTPRedirectURIs: true},
		"JWTAccessTokens":           {JWTAccessTokens: true},
		"Resources":                 {Resources: []string{"https://api.example"}},
		"AllowedOrigins":            {AllowedOrigins: []string{"https://app.example"}},
		"CustomScopes":              {CustomScopes: []store.CustomScope{{Name: "files"}}},
		"DefaultScopes":             {DefaultScopes: oauth.Scopes{"email"}},
		"DynamicRegistration":       {DynamicRegistration: true},
		"RegistrationTokenRequired": {RegistrationTokenRequired: true},
		"MetadataDocuments":         {MetadataDocuments: store.MetadataDocuments{Advertised: true}},
		"Brand":                     {Brand: store.Brand{Name: "Acme"}},
		"Organizations":             {Organizations: store.OrganizationSettings{Enabled: true}},
		"EventsKept":                {EventsKept: time.Hour},
		"SignUp":                    {SignUp: store.SignUp{Policy: store.SignUpOpen}},
		"OperatorsNeedSecondFactor": {OperatorsNeedSecondFactor: true},

		"a domain":            {SignUp: store.SignUp{Domains: []string{"example.com"}}},
		"a limit of members":  {Organizations: store.OrganizationSettings{MaxMembers: 5}},
		"who may delete them": {Organizations: store.OrganizationSettings{AdminsKeep: true}},
	}
	for name, change := range changes {
		if shown(change) == usual {
			t.Errorf("%s is not shown", name)
		}
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[store.Settings]()) {
		if _, ok := changes[field.Name]; !ok {
			t.Errorf("nobody has said how %s is shown", field.Name)
		}
	}
}

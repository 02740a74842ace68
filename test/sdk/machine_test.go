package sdk

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/apikey"
	m2mtoken "github.com/clerk/clerk-sdk-go/v2/m2m_token"
	"github.com/clerk/clerk-sdk-go/v2/machine"
	"github.com/clerk/clerk-sdk-go/v2/machinescope"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

// with is the server for the holder of another key.
func (s server) with(key string) server { return server{s.url, key} }

const (
	noMachine = "mch_000000000000000000000000000"
	noToken   = "mt_00000000000000000000000000000000"
	noKey     = "ak_00000000000000000000000000000000"
)

// wantRefused compares a refusal.
func wantRefused(t *testing.T, what string, err error, want string) {
	t.Helper()
	if got := refusedWith(t, err); got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

func TestMachines(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		machines, scopes := machine.NewClient(s.config()), machinescope.NewClient(s.config())
		api, err := machines.Create(t.Context(), &machine.CreateParams{Name: "API"})
		if err != nil {
			t.Fatal(err)
		}
		word := unique()
		made, err := machines.Create(t.Context(), &machine.CreateParams{Name: word, ScopedMachines: []string{api.ID}, DefaultTokenTTL: clerk.Int64(60)})
		if err != nil || !strings.HasPrefix(made.SecretKey, "ak_") || made.DefaultTokenTTL != 60 || len(made.ScopedMachines) != 1 || made.ScopedMachines[0].ID != api.ID {
			t.Fatalf("Create = %+v, %v", made, err)
		}
		_, err = machines.Create(t.Context(), &machine.CreateParams{})
		wantRefused(t, "Create without a name", err, "422 form_param_nil name")
		got, err := machines.Get(t.Context(), made.ID)
		if err != nil || got.Name != word || got.InstanceID == "" || got.CreatedAt == 0 {
			t.Errorf("Get = %+v, %v", got, err)
		}
		_, err = machines.Get(t.Context(), noMachine)
		wantRefused(t, "Get", err, "404 machine_not_found")
		list, err := machines.List(t.Context(), &machine.ListParams{Query: &word, OrderBy: clerk.String("-name")})
		if err != nil || list.TotalCount != 1 || list.Machines[0].ID != made.ID || len(list.Machines[0].ScopedMachines) != 1 {
			t.Errorf("List = %+v, %v", list, err)
		}
		_, err = machines.List(t.Context(), &machine.ListParams{OrderBy: clerk.String("secret")})
		wantRefused(t, "List", err, "422 form_param_value_invalid order_by")
		if got, err = machines.Update(t.Context(), made.ID, &machine.UpdateParams{Name: clerk.String("Worker"), DefaultTokenTTL: clerk.Int64(120)}); err != nil || got.Name != "Worker" || got.DefaultTokenTTL != 120 {
			t.Errorf("Update = %+v, %v", got, err)
		}
		_, err = machines.Update(t.Context(), made.ID, &machine.UpdateParams{DefaultTokenTTL: clerk.Int64(0)})
		wantRefused(t, "Update", err, "422 form_param_value_invalid default_token_ttl")
		secret, err := machines.GetSecretKey(t.Context(), made.ID)
		if err != nil || secret.Secret != made.SecretKey {
			t.Errorf("GetSecretKey = %+v, %v", secret, err)
		}
		_, err = machines.GetSecretKey(t.Context(), noMachine)
		wantRefused(t, "GetSecretKey", err, "404 machine_not_found")
		rotated, err := machines.RotateSecretKey(t.Context(), made.ID, &machine.RotateSecretKeyParams{PreviousTokenTTL: 60})
		if err != nil || rotated.Secret == made.SecretKey {
			t.Errorf("RotateSecretKey = %+v, %v", rotated, err)
		}
		_, err = machines.RotateSecretKey(t.Context(), made.ID, &machine.RotateSecretKeyParams{PreviousTokenTTL: 28801})
		wantRefused(t, "RotateSecretKey", err, "422 form_param_value_invalid previous_token_ttl")

		scope, err := scopes.CreateScope(t.Context(), api.ID, &machinescope.CreateScopeParams{ToMachineID: made.ID})
		if err != nil || scope.FromMachineID != api.ID || scope.ToMachineID != made.ID || scope.CreatedAt == 0 {
			t.Errorf("CreateScope = %+v, %v", scope, err)
		}
		_, err = scopes.CreateScope(t.Context(), api.ID, &machinescope.CreateScopeParams{ToMachineID: made.ID})
		wantRefused(t, "CreateScope again", err, "409 conflict to_machine_id")
		gone, err := scopes.DeleteScope(t.Context(), api.ID, made.ID)
		if err != nil || !gone.Deleted {
			t.Errorf("DeleteScope = %+v, %v", gone, err)
		}
		_, err = scopes.DeleteScope(t.Context(), api.ID, made.ID)
		wantRefused(t, "DeleteScope again", err, "404 machine_not_found")
		deleted, err := machines.Delete(t.Context(), made.ID)
		if err != nil || !deleted.Deleted {
			t.Errorf("Delete = %+v, %v", deleted, err)
		}
		_, err = machines.Delete(t.Context(), made.ID)
		wantRefused(t, "Delete again", err, "404 machine_not_found")
	})
}

func TestM2MTokens(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		machines := machine.NewClient(s.config())
		api, err := machines.Create(t.Context(), &machine.CreateParams{Name: "API"})
		if err != nil {
			t.Fatal(err)
		}
		worker, err := machines.Create(t.Context(), &machine.CreateParams{Name: "Worker", ScopedMachines: []string{api.ID}})
		if err != nil {
			t.Fatal(err)
		}
		operator, own, other := m2mtoken.NewClient(s.config()), m2mtoken.NewClient(s.with(worker.SecretKey).config()), m2mtoken.NewClient(s.with(api.SecretKey).config())
		claims := json.RawMessage(`{"job":"nightly"}`)
		made, err := own.Create(t.Context(), &m2mtoken.CreateParams{Claims: &claims, SecondsUntilExpiration: clerk.Int64(600), MinRemainingTTLSeconds: clerk.Int64(60)})
		if err != nil || made.Subject != worker.ID || !strings.HasPrefix(made.Token, "mt_") || made.Token == made.ID || len(made.Scopes) != 1 || made.Response.StatusCode != http.StatusCreated {
			t.Fatalf("Create = %+v, %v", made, err)
		}
		_, err = operator.Create(t.Context(), &m2mtoken.CreateParams{})
		wantRefused(t, "Create by an operator", err, "401 machine_secret_key_invalid")
		reserved := json.RawMessage(`{"sub":"mch_x"}`)
		_, err = own.Create(t.Context(), &m2mtoken.CreateParams{Claims: &reserved})
		wantRefused(t, "Create with a reserved claim", err, "400 machine_token_reserved_claim claims")
		for who, client := range map[string]*m2mtoken.Client{"operator": operator, "its machine": own, "the one it is for": other} {
			got, err := client.Verify(t.Context(), &m2mtoken.VerifyParams{Token: made.Token})
			if err != nil || got.ID != made.ID || string(got.Claims) != string(claims) || got.LastUsedAt == nil {
				t.Errorf("Verify by %s = %+v, %v", who, got, err)
			}
		}
		signed, err := own.Create(t.Context(), &m2mtoken.CreateParams{TokenFormat: clerk.String("jwt")})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := other.Verify(t.Context(), &m2mtoken.VerifyParams{Token: signed.Token}); err != nil || got.ID != signed.ID {
			t.Errorf("Verify a JWT = %+v, %v", got, err)
		}
		list, err := own.List(t.Context(), &m2mtoken.ListParams{Subject: &worker.ID, Revoked: clerk.Bool(true), Expired: clerk.Bool(true)})
		if err != nil || list.TotalCount != 1 || list.M2MTokens[0].ID != made.ID {
			t.Errorf("List = %+v, %v", list, err)
		}
		_, err = other.List(t.Context(), &m2mtoken.ListParams{Subject: &worker.ID})
		wantRefused(t, "List of another's", err, "403 authorization_invalid subject")
		revoked, err := own.Revoke(t.Context(), made.ID, &m2mtoken.RevokeParams{RevocationReason: clerk.String("done")})
		if err != nil || !revoked.Revoked || *revoked.RevocationReason != "done" {
			t.Errorf("Revoke = %+v, %v", revoked, err)
		}
		_, err = operator.Revoke(t.Context(), noToken, &m2mtoken.RevokeParams{})
		wantRefused(t, "Revoke", err, "404 resource_not_found")
		_, err = other.Verify(t.Context(), &m2mtoken.VerifyParams{Token: made.Token})
		wantRefused(t, "Verify what was revoked", err, "404 resource_not_found")
	})
}

func TestAPIKeys(t *testing.T) {
	eachServer(t, func(t *testing.T, s server) {
		keys := apikey.NewClient(s.config())
		word := strings.ReplaceAll(unique(), ".", "_")
		u, err := user.NewClient(s.config()).Create(t.Context(), &user.CreateParams{Username: &word})
		if err != nil {
			t.Fatal(err)
		}
		made, err := keys.Create(t.Context(), &apikey.CreateParams{
			Name: clerk.String("Export"), Subject: &u.ID, Description: clerk.String("nightly"), Scopes: []string{"read"},
			Claims: json.RawMessage(`{"plan":"pro"}`), CreatedBy: &u.ID, SecondsUntilExpiration: clerk.Int64(600), Type: clerk.String("api_key"),
		})
		if err != nil || !strings.HasPrefix(made.Secret, "ak_") || made.Type != "api_key" || made.Expiration == nil || *made.CreatedBy != u.ID {
			t.Fatalf("Create = %+v, %v", made, err)
		}
		_, err = keys.Create(t.Context(), &apikey.CreateParams{Name: clerk.String("ab"), Subject: &u.ID})
		wantRefused(t, "Create", err, "422 form_param_min_length_exceeded name")
		got, err := keys.Get(t.Context(), made.ID)
		if err != nil || got.Subject != u.ID || *got.Description != "nightly" {
			t.Errorf("Get = %+v, %v", got, err)
		}
		_, err = keys.Get(t.Context(), noKey)
		wantRefused(t, "Get", err, "404 resource_not_found")
		list, err := keys.List(t.Context(), &apikey.ListParams{Subject: &u.ID, Type: clerk.String("api_key"), IncludeInvalid: clerk.String("true")})
		if err != nil || list.TotalCount != 1 || list.APIKeys[0].ID != made.ID {
			t.Errorf("List = %+v, %v", list, err)
		}
		_, err = keys.List(t.Context(), &apikey.ListParams{})
		wantRefused(t, "List", err, "400 missing_query_parameter subject")
		secret, err := keys.GetSecret(t.Context(), made.ID)
		if err != nil || secret.Secret != made.Secret {
			t.Errorf("GetSecret = %+v, %v", secret, err)
		}
		_, err = keys.GetSecret(t.Context(), noKey)
		wantRefused(t, "GetSecret", err, "404 resource_not_found")
		if got, err = keys.Update(t.Context(), made.ID, &apikey.UpdateParams{Scopes: []string{"read", "list"}, Description: clerk.String("weekly")}); err != nil || len(got.Scopes) != 2 {
			t.Errorf("Update = %+v, %v", got, err)
		}
		_, err = keys.Update(t.Context(), made.ID, &apikey.UpdateParams{SecondsUntilExpiration: clerk.Int64(-1)})
		wantRefused(t, "Update", err, "422 form_param_value_invalid seconds_until_expiration")
		if got, err = keys.Verify(t.Context(), &apikey.VerifyParams{Secret: made.Secret}); err != nil || got.ID != made.ID || got.LastUsedAt == nil {
			t.Errorf("Verify = %+v, %v", got, err)
		}
		if got, err = keys.Revoke(t.Context(), made.ID, &apikey.RevokeParams{RevocationReason: clerk.String("leaked")}); err != nil || !got.Revoked || *got.RevocationReason != "leaked" {
			t.Errorf("Revoke = %+v, %v", got, err)
		}
		_, err = keys.Revoke(t.Context(), noKey, &apikey.RevokeParams{})
		wantRefused(t, "Revoke", err, "404 resource_not_found")
		_, err = keys.Verify(t.Context(), &apikey.VerifyParams{Secret: made.Secret})
		wantRefused(t, "Verify what was revoked", err, "404 resource_not_found")
		deleted, err := keys.Delete(t.Context(), made.ID)
		if err != nil || !deleted.Deleted {
			t.Errorf("Delete = %+v, %v", deleted, err)
		}
		_, err = keys.Delete(t.Context(), made.ID)
		wantRefused(t, "Delete again", err, "404 resource_not_found")
	})
}

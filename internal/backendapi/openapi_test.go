package backendapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/signet-auth/signet/internal/doctor"
	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

// A document is the description with its schemas.
type document struct {
	whole     map[string]any
	compiler  *jsonschema.Compiler
	compiling sync.Mutex // a Compiler is for one at a time; what it makes is for many
	patterns  []pattern
}

// A pattern finds the operation of a request.
type pattern struct {
	path   string
	fields *regexp.Regexp
}

const documentURL = "https://signet.example/openapi.json"

var described = sync.OnceValues(func() (*document, error) {
	d, err := describe("https://signet.example")
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	x := &document{whole: whole.(map[string]any), compiler: jsonschema.NewCompiler()}
	if err := x.compiler.AddResource(documentURL, whole); err != nil {
		return nil, err
	}
	for path := range d.Paths {
		expression := regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(path), `([^/]+)`)
		if strings.HasSuffix(path, "{name}") { // a scope, which may hold slashes
			expression = strings.Replace(expression, `([^/]+)`, `(.+)`, 1)
		}
		x.patterns = append(x.patterns, pattern{path, regexp.MustCompile("^" + expression + "$")})
	}
	// What says more of its path comes first.
	slices.SortFunc(x.patterns, func(a, b pattern) int {
		return strings.Count(a.path, "{") - strings.Count(b.path, "{")
	})
	return x, nil
})

// describedAPI gives the description.
func describedAPI(t *testing.T) *document {
	t.Helper()
	d, err := described()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// schema compiles what is at a place of the document.
func (d *document) schema(place ...string) (*jsonschema.Schema, error) {
	for i, p := range place {
		place[i] = strings.NewReplacer("~", "~0", "/", "~1").Replace(p)
	}
	d.compiling.Lock()
	defer d.compiling.Unlock()
	return d.compiler.Compile(documentURL + "#/" + strings.Join(place, "/"))
}

// operation finds what serves a request.
func (d *document) operation(method, path string) (at string, operation map[string]any) {
	for _, p := range d.patterns {
		if !p.fields.MatchString(path) {
			continue
		}
		methods := d.whole["paths"].(map[string]any)[p.path].(map[string]any)
		if o, ok := methods[strings.ToLower(method)].(map[string]any); ok {
			return p.path, o
		}
		return p.path, nil
	}
	return "", nil
}

// general are the statuses that the answer "default" of every operation is for.
var general = []int{400, 401, 405, 409, 413, 415, 422, 429, 500, 503}

// check compares an answer with the description of its operation.
func (d *document) check(method, path string, status int, body []byte) error {
	at, operation := d.operation(method, path)
	if operation == nil {
		if status < 400 {
			return fmt.Errorf("%s %s answers %d and is not described", method, path, status)
		}
		return d.conforms(body, "components", "schemas", "Errors")
	}
	key := strconv.Itoa(status)
	responses := operation["responses"].(map[string]any)
	if responses[key] == nil {
		if !slices.Contains(general, status) {
			return fmt.Errorf("%s %s answers %d, which is not described", method, at, status)
		}
		return d.conforms(body, "components", "schemas", "Errors")
	}
	if status == http.StatusNoContent || status == http.StatusNotModified {
		if len(body) > 0 {
			return fmt.Errorf("%s %s answers %d with a body", method, at, status)
		}
		return nil
	}
	if status >= 400 {
		return d.conforms(body, "components", "schemas", "Errors")
	}
	return d.conforms(body, "paths", at, strings.ToLower(method), "responses", key, "content", "application/json", "schema")
}

func (d *document) conforms(body []byte, place ...string) error {
	schema, err := d.schema(place...)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// operations calls visit for each operation.
func (d *document) operations(visit func(path, method string, operation map[string]any)) {
	paths := d.whole["paths"].(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		methods := paths[path].(map[string]any)
		for _, method := range slices.Sorted(maps.Keys(methods)) {
			visit(path, strings.ToUpper(method), methods[method].(map[string]any))
		}
	}
}

// TestRoutesAreDescribed compares the description with the routes, both ways.
func TestRoutesAreDescribed(t *testing.T) {
	b := newBench(t)
	served := map[string]string{}
	for path, methods := range b.api(b.stores).routes() {
		for method, handler := range methods {
			name := runtime.FuncForPC(reflect.ValueOf(handler).Pointer()).Name()
			name = strings.TrimSuffix(name[strings.LastIndex(name, ".")+1:], "-fm")
			served[method+" "+strings.Replace(path, "...}", "}", 1)] = name
		}
	}
	told := map[string]string{}
	ids := map[string]bool{}
	describedAPI(t).operations(func(path, method string, o map[string]any) {
		id := o["operationId"].(string)
		if ids[id] {
			t.Errorf("two operations are called %s", id)
		}
		ids[id] = true
		told[method+" "+path] = strings.TrimSuffix(id, "_unversioned")
	})
	for route, name := range served {
		if told[route] != name {
			t.Errorf("%s is served by %s and described as %q", route, name, told[route])
		}
	}
	for route := range told {
		if served[route] == "" {
			t.Errorf("%s is described and not served", route)
		}
	}
}

// TestRequiredMembers pins what Clerk's schemas demand of answers, so that the
// description cannot be laxer than they are: their Python SDK refuses less.
func TestRequiredMembers(t *testing.T) {
	d := describedAPI(t)
	for schema, members := range map[string]string{
		"OAuthApplication": `object id instance_id name client_id client_uri client_image_url dynamically_registered consent_screen_enabled
			pkce_required public scopes redirect_uris callback_url authorize_url token_fetch_url user_info_url discovery_url
			token_introspection_url created_at updated_at`,
		"AccessToken":              `object id client_id subject scopes revoked revocation_reason expired expiration created_at updated_at`,
		"OAuthApplicationSettings": `object dynamic_oauth_client_registration default_scopes oauth_jwt_access_tokens client_id_metadata_documents_advertised client_id_metadata_documents_only_allow_pre_registered_clients client_id_metadata_documents_block_implicitly_allowed_clients`,
		"Instance":                 `object id environment_type allowed_origins`,
		"User": `id object external_id primary_email_address_id primary_phone_number_id primary_web3_wallet_id username first_name last_name
			has_image public_metadata email_addresses phone_numbers web3_wallets passkeys password_enabled two_factor_enabled totp_enabled
			backup_code_enabled mfa_enabled_at mfa_disabled_at external_accounts saml_accounts enterprise_accounts last_sign_in_at banned
			locked lockout_expires_in_seconds verification_attempts_remaining created_at updated_at delete_self_enabled
			create_organization_enabled last_active_at legal_accepted_at`,
		"EmailAddress": `object email_address reserved verification linked_to created_at updated_at`,
		"Session":      `object id user_id client_id status last_active_at expire_at abandon_at created_at updated_at`,
		"SignInToken":  `object id status user_id created_at updated_at`,
		"Invitation":   `object id email_address public_metadata status created_at updated_at`,
		"Organization": `object id name slug image_url has_image max_allowed_memberships admin_delete_enabled public_metadata private_metadata
			created_by created_at updated_at`,
		"OrganizationMembership": `object id role role_name permissions public_metadata private_metadata organization public_user_data
			created_at updated_at`,
		"OrganizationMembershipPublicUserData": `user_id first_name last_name profile_image_url image_url has_image identifier username banned`,
		"OrganizationSettings": `object enabled max_allowed_memberships max_allowed_roles max_allowed_domains creator_role admin_delete_enabled
			domains_enabled domains_enrollment_modes domains_default_role`,
		"DeletedObject":    `object id deleted`,
		"Error":            `message long_message code`,
		"Machine":          `object id name instance_id created_at updated_at default_token_ttl`,
		"ScopingMachine":   `object id name instance_id created_at updated_at default_token_ttl scoped_machines`,
		"MachineSecretKey": `object secret`,
		"MachineScope":     `object from_machine_id to_machine_id created_at`,
		"M2MToken":         `object id subject claims scopes revoked revocation_reason expired expiration last_used_at created_at updated_at`,
		"APIKey":           `object id type subject name description claims scopes revoked revocation_reason expired expiration created_by last_used_at created_at updated_at`,
	} {
		s := d.whole["components"].(map[string]any)["schemas"].(map[string]any)[schema].(map[string]any)
		if s["additionalProperties"] != false {
			t.Errorf("%s admits members that nobody has thought of", schema)
		}
		for _, member := range strings.Fields(members) {
			if !slices.Contains(s["required"].([]any), any(member)) {
				t.Errorf("%s need not have %s", schema, member)
			}
		}
	}
}

// notCalled are operations that need more than this package has; others call them.
var notCalled = map[string]string{
	"verifyAccessToken":             "test/flows, test/sdk",
	"verifyAccessToken_unversioned": "test/flows, test/sdk",
	"revokeToken":                   "test/flows",
	"getJWKS":                       "test/sdk",
	"allowDocument":                 "internal/registration, test/flows",
}

// TestOperations calls every operation with the example of its body: it has to
// succeed with what is described, and to ask for what is described and for nothing
// else. With -update the examples of answers are written anew.
func TestOperations(t *testing.T) {
	d := describedAPI(t)
	seen := map[string]json.RawMessage{}
	d.operations(func(path, method string, o map[string]any) {
		id := o["operationId"].(string)
		t.Run(id, func(t *testing.T) {
			if notCalled[id] != "" {
				return
			}
			seen[id] = callOperation(t, d, path, method, o)
		})
	})
	if *update && !t.Failed() {
		writeExamples(t, seen)
	}
}

func callOperation(t *testing.T, d *document, path, method string, o map[string]any) json.RawMessage {
	t.Helper()
	b := newBench(t)
	objects := b.objects()
	if strings.Contains(path, "organization") && !strings.Contains(path, "settings") {
		b.organize(objects)
	}
	body, headers := exampleBody(t, o, objects)
	if strings.HasPrefix(o["operationId"].(string), "createM2MToken") {
		headers = append(headers, "Authorization", "Bearer "+objects[machineKey])
	}
	notes := &asked{fields: map[string]string{}, parameters: map[string]string{}, closed: new(bool)}
	b.notes = notes
	got := b.do(method+" "+objects.path(path), body, headers...)
	b.notes = nil
	if got.status >= 300 {
		t.Fatalf("%s: %d %s", body, got.status, got.body)
	}
	compareFields(t, o, notes)
	compareParameters(t, d, o, notes)
	status := strconv.Itoa(got.status)
	if content, ok := o["responses"].(map[string]any)[status].(map[string]any); ok && content["content"] != nil {
		example, err := json.Marshal(content["content"].(map[string]any)["application/json"].(map[string]any)["example"])
		if err == nil && !*update {
			err = d.conforms(example, "paths", path, strings.ToLower(method), "responses", status, "content", "application/json", "schema")
		}
		if err != nil {
			t.Errorf("the example of the answer: %v", err)
		}
	}
	return objects.tell(got.body)
}

// exampleID is the one id that examples use, behind different prefixes.
const exampleID = "3AbCdEfGhIjKlMnOpQrStUvWxYz"

// objects are the ids of what every operation finds: by prefix.
type objects map[string]string

// objects makes one of everything.
func (b *bench) objects() objects {
	b.t.Helper()
	o := objects{}
	keep := func(id any) string {
		prefix, _, _ := strings.Cut(id.(string), "_")
		o[prefix+"_"] = id.(string)
		return id.(string)
	}
	user := keep(b.do("POST /v1/users", `{"email_address":["grace@example.com"],"username":"grace.hopper","password":"correct horse battery","public_metadata":{"trial":true},
		"totp_secret":"JBSWY3DPEHPK3PXPJBSWY3DP","backup_codes":["abcde-fghij"]}`).member(b.t, "id"))
	b.do("POST /v1/email_addresses", `{"user_id":"`+user+`","email_address":"second@example.com","verified":true}`).member(b.t, "id")
	keep(b.do("GET /v1/users/"+user, "").member(b.t, "primary_email_address_id"))
	made := b.do("POST /v1/oauth_applications", `{"name":"Ledger","redirect_uris":["https://ledger.example/cb"]}`)
	keep(made.member(b.t, "id"))
	now := b.now()
	must := func(err error) {
		b.t.Helper()
		if err != nil {
			b.t.Fatal(err)
		}
	}
	o["passkey"] = "idn_" + strings.Repeat("2", 27)
	must(b.stores.AddPasskey(b.t.Context(), store.Passkey{
		ID: o["passkey"], UserID: user, Name: "Phone", Handle: []byte{1}, CredentialID: []byte{1}, PublicKey: []byte{1}, AAGUID: []byte{}, CreatedAt: now,
	}))
	must(b.stores.Agree(b.t.Context(), user, made.member(b.t, "client_id").(string), oauth.Scopes{"profile", "email"}, now))
	session := store.Session{ID: keep("sess_" + strings.Repeat("1", 27)), UserID: user, Cookie: store.Hash{1}, UserAgent: "Firefox", Methods: []string{"pwd"}, SignedInAt: now, ExpiresAt: now.Add(24 * time.Hour)}
	must(b.stores.CreateSession(b.t.Context(), session))
	keep(b.do("POST /v1/sign_in_tokens", `{"user_id":"`+user+`"}`).member(b.t, "id"))
	keep(b.do("POST /v1/invitations", `{"email_address":"invited@example.com"}`).member(b.t, "id"))
	keep(b.do("POST /v1/secret_keys", `{"name":"deploy"}`).member(b.t, "id"))
	b.machineObjects(o)
	hook := keep(b.do("POST /v1/webhooks", `{"url":"https://app.example.com/webhooks"}`).member(b.t, "id"))
	keep(b.do("POST /v1/webhooks/"+hook+"/test", "null").member(b.t, "event_id"))
	b.do("POST /v1/oauth_scopes", `{"name":"files:read","description":"Read your files"}`).member(b.t, "name")
	b.cases.Add(doctor.Case{ID: trace, At: now, Request: "GET /oauth/authorize", Code: "invalid_scope", Rule: "RFC 6749 §3.3", Description: "scope asks for more than the application is allowed"})
	return o
}

// organize switches organizations on and makes one, with two members of its own.
func (b *bench) organize(o objects) {
	b.t.Helper()
	b.do("PATCH /v1/instance/organization_settings", `{"enabled":true}`).member(b.t, "enabled")
	admin := b.do("POST /v1/users", `{"username":"boss"}`).member(b.t, "id").(string)
	o["member"] = b.do("POST /v1/users", `{"username":"member_1","first_name":"Ada"}`).member(b.t, "id").(string)
	o["org_"] = b.do("POST /v1/organizations", `{"name":"Analytical Society","created_by":"`+admin+`","public_metadata":{"trial":true}}`).member(b.t, "id").(string)
	b.do("POST /v1/organizations/"+o["org_"]+"/memberships", `{"user_id":"`+o["member"]+`","role":"org:member"}`).member(b.t, "id")
}

// The places of objects whose ids do not begin as what is presented does.
const (
	otherMachine = "another machine"
	m2mTokenID   = "a token"
	apiKeyID     = "an API key"
)

// machineObjects makes two machines, of which the first may call the second, a token
// of it, and an API key.
func (b *bench) machineObjects(o objects) {
	b.t.Helper()
	o[otherMachine] = b.do("POST /v1/machines", `{"name":"Ledger"}`).member(b.t, "id").(string)
	made := b.do("POST /v1/machines", `{"name":"Worker","scoped_machines":["`+o[otherMachine]+`"]}`)
	o["mch_"], o[machineKey] = made.member(b.t, "id").(string), made.member(b.t, "secret_key").(string)
	t := b.do("POST /v1/m2m_tokens", `{"claims":{"job":"nightly"}}`, "Authorization", "Bearer "+o[machineKey]).created(b.t)
	o[m2mTokenID], o["mt_"] = t["id"].(string), t["token"].(string)
	k := b.do("POST /v1/api_keys", `{"name":"Export","subject":"`+o["user_"]+`","scopes":["read"]}`)
	o[apiKeyID], o["ak_ secret"] = k.member(b.t, "id").(string), k.member(b.t, "secret").(string)
}

// created reads an answer with the status 201.
func (a answer) created(t *testing.T) (members map[string]any) {
	t.Helper()
	if a.status != http.StatusCreated {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	if err := json.Unmarshal(a.body, &members); err != nil {
		t.Fatal(err)
	}
	return members
}

// machinePath puts ids into the paths that are served without a version too, and into
// those that name two machines.
func (o objects) machinePath(path string) string {
	switch unversioned := strings.TrimPrefix(path, "/v1"); {
	case path == "/v1/machines/{id}/scopes":
		return "/v1/machines/" + o[otherMachine] + "/scopes"
	case unversioned == "/m2m_tokens":
		return path + "?subject=" + o["mch_"]
	case unversioned == "/api_keys":
		return path + "?subject=" + o["user_"]
	case strings.HasPrefix(unversioned, "/m2m_tokens/"):
		return strings.Replace(path, "{id}", o[m2mTokenID], 1)
	case strings.HasPrefix(unversioned, "/api_keys/"):
		return strings.Replace(path, "{id}", o[apiKeyID], 1)
	}
	return strings.Replace(path, "{other}", o[otherMachine], 1)
}

// path puts ids in place of the parameters of a path.
func (o objects) path(path string) string {
	path = o.machinePath(path)
	for prefix, place := range map[string]string{
		"user_": "/v1/users/{id}", "oa_": "/v1/oauth_applications/{id}", "idn_": "/v1/email_addresses/{id}", "sess_": "/v1/sessions/{id}",
		"sit_": "/v1/sign_in_tokens/{id}", "inv_": "/v1/invitations/{id}", "key_": "/v1/secret_keys/{id}",
		"org_": "/v1/organizations/{id}",
		"mch_": "/v1/machines/{id}",
		"we_":  "/v1/webhooks/{id}", "evt_": "/v1/events/{id}",
	} {
		if rest, ok := strings.CutPrefix(path, place); ok {
			path = strings.Replace(place, "{id}", o[prefix], 1) + rest
		}
	}
	if path == "/v1/sessions" {
		path += "?user_id=" + o["user_"]
	}
	return strings.NewReplacer("{application_id}", o["oa_"], "{event_id}", o["evt_"], "{passkey}", o["passkey"], "/oauth_refusals/{id}", "/oauth_refusals/"+trace,
		"{name}", "files:read", "{user_id}", o["member"]).Replace(path)
}

// use puts the ids into an example, and tell takes them out of an answer.
func (o objects) use(text string) string {
	text = strings.ReplaceAll(text, "ak_"+exampleID, o["ak_ secret"])
	for prefix, id := range o {
		text = strings.ReplaceAll(text, prefix+exampleID, id)
	}
	return text
}

var (
	anyID     = regexp.MustCompile(`\b(user|oa|ins|idn|sess|sit|inv|key|org|orgmem|mch|we)_[0-9A-Za-z]{27}\b`)
	anyEvent  = regexp.MustCompile(`\bevt_[0-9a-f]{32}\b`)
	anyHexID  = regexp.MustCompile(`\b(mt|ak)_[0-9a-f]{32}\b`)
	anySecret = regexp.MustCompile(`\b(mt|ak)_[\w-]{43,}`)
)

func (objects) tell(body []byte) json.RawMessage {
	body = anyEvent.ReplaceAll(body, []byte("evt_01a20d6d5de80000a1b2c3d4e5f60718"))
	body = anyID.ReplaceAll(body, []byte("${1}_"+exampleID))
	body = anyHexID.ReplaceAll(body, []byte("${1}_0ef5a7a33d87ed87ee7954c845d80450"))
	return anySecret.ReplaceAll(body, []byte("${1}_"+exampleID))
}

// exampleBody is the documented example of a body, or a picture.
func exampleBody(t *testing.T, o map[string]any, objects objects) (body string, headers []string) {
	t.Helper()
	described, ok := o["requestBody"].(map[string]any)
	if !ok {
		return "", nil
	}
	content := described["content"].(map[string]any)
	if content["multipart/form-data"] != nil {
		var picture bytes.Buffer
		if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
			t.Fatal(err)
		}
		body, kind := form(t, "file", picture.String())
		return body, []string{"Content-Type", kind}
	}
	text, err := json.Marshal(content["application/json"].(map[string]any)["example"])
	if err != nil {
		t.Fatal(err)
	}
	return objects.use(string(text)), nil
}

// kinds are the JSON types of what handlers ask for.
var kinds = map[string]string{
	"a string": "string", "a boolean": "boolean", "an array of strings": "array", "a whole number": "integer",
	"a whole number of seconds": "integer", "an object": "object", "true or false": "boolean", "a time in milliseconds since 1970": "integer",
}

// compareFields wants the body that is described to be the one that was asked for.
func compareFields(t *testing.T, o map[string]any, notes *asked) {
	t.Helper()
	described, ok := o["requestBody"].(map[string]any)
	if !ok {
		if len(notes.fields) > 0 {
			t.Errorf("the body is not described: %v", notes.fields)
		}
		return
	}
	content, ok := described["content"].(map[string]any)["application/json"].(map[string]any)
	if !ok {
		return // a form
	}
	schema := resolved(content["schema"].(map[string]any))
	if schema["type"] == "array" {
		schema = resolved(schema["items"].(map[string]any))
	}
	if closed := schema["additionalProperties"] == false; closed != *notes.closed {
		t.Errorf("unknown fields are refused: %v, and described as refused: %v", *notes.closed, closed)
	}
	told := map[string]string{}
	properties(schema, "", told)
	for name, kind := range notes.fields {
		if want := kinds[kind]; kind == notOffered {
			if told[name] != notOffered {
				t.Errorf("%s is not offered and described as %q", name, told[name])
			}
		} else if told[name] != want {
			t.Errorf("%s has to be %s and is described as %q", name, kind, told[name])
		}
	}
	for name := range told {
		if outer, _, inner := strings.Cut(name, "."); inner && content["example"].(map[string]any)[outer] == nil {
			continue // a section that the example does not have
		}
		if notes.fields[name] == "" {
			t.Errorf("%s is described and not asked for", name)
		}
	}
}

// properties lists the types of properties by name; those of sections behind
// theirs.
func properties(schema map[string]any, prefix string, into map[string]string) {
	all, _ := schema["properties"].(map[string]any)
	for name, p := range all {
		property := p.(map[string]any)
		into[prefix+name] = typeOf(property)
		if property["properties"] != nil {
			properties(property, prefix+name+".", into)
		}
	}
}

// typeOf is the type of a property that is not null, or notOffered if it may be
// nothing but what asks for nothing.
func typeOf(property map[string]any) string {
	property = resolved(property)
	if most, ok := property["maxLength"].(json.Number); ok && most == "0" {
		return notOffered
	}
	if property["type"] == nil && property["enum"] != nil {
		return notOffered
	}
	switch kind := property["type"].(type) {
	case string:
		return kind
	case []any:
		for _, k := range kind {
			if k != "null" {
				return k.(string)
			}
		}
	}
	return ""
}

// resolved follows a reference within the document.
func resolved(schema map[string]any) map[string]any {
	to, ok := schema["$ref"].(string)
	if !ok {
		return schema
	}
	d, _ := described()
	var at any = d.whole
	for _, p := range strings.Split(strings.TrimPrefix(to, "#/"), "/") {
		at = at.(map[string]any)[p]
	}
	return at.(map[string]any)
}

// compareParameters wants the query that is described to be the one that was asked
// for.
func compareParameters(t *testing.T, d *document, o map[string]any, notes *asked) {
	t.Helper()
	told := map[string]string{}
	all, _ := o["parameters"].([]any)
	for _, x := range all {
		p := resolved(x.(map[string]any))
		if p["in"] == "query" {
			told[p["name"].(string)] = typeOf(p["schema"].(map[string]any))
		}
	}
	for name, kind := range notes.parameters {
		want := kinds[kind]
		if kind == notOffered {
			want = notOffered
		}
		if told[name] != want && (told[name] != "array" || want != "string") {
			t.Errorf("the parameter %s has to be %s and is described as %q", name, kind, told[name])
		}
	}
	for name := range told {
		if notes.parameters[name] == "" {
			t.Errorf("the parameter %s is described and not asked for", name)
		}
	}
}

// writeExamples puts answers into the files as examples.
func writeExamples(t *testing.T, answers map[string]json.RawMessage) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("openapi", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var part map[string]any
		if err := json.Unmarshal(text, &part); err != nil {
			t.Fatal(err)
		}
		paths, _ := part["paths"].(map[string]any)
		for _, methods := range paths {
			for _, o := range methods.(map[string]any) {
				operation := o.(map[string]any)
				answer := answers[operation["operationId"].(string)]
				responses := operation["responses"].(map[string]any)
				ok, _ := responses["200"].(map[string]any)
				if made, is := responses["201"].(map[string]any); is {
					ok = made
				}
				if answer == nil || ok == nil {
					continue
				}
				ok["content"].(map[string]any)["application/json"].(map[string]any)["example"] = answer
			}
		}
		var out bytes.Buffer
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(part); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDescriptionIsServed(t *testing.T) {
	b := newBench(t)
	got := b.do("GET /openapi.json", "", "Authorization", "")
	if got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" || got.member(t, "openapi") != "3.1.0" {
		t.Errorf("%d %v", got.status, got.header)
	}
	if again := b.do("GET /openapi.json", "", "If-None-Match", got.header.Get("ETag")); again.status != http.StatusNotModified {
		t.Errorf("asked again: %d", again.status)
	}
}

// noted gives requests somewhere to note what they are asked for.
func (b *bench) noted(ctx context.Context) context.Context {
	if b.notes == nil {
		return ctx
	}
	return context.WithValue(ctx, askedContext{}, b.notes)
}

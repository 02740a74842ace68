package attack

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// counts is how many entries each section of the catalogue has.
var counts = map[string]int{"RU": 24, "AZ": 23, "CE": 24, "RT": 17, "CA": 15, "SC": 14, "MX": 4, "JW": 12, "RS": 15, "CM": 19, "LO": 6, "IN": 7, "AD": 15, "LC": 9, "SE": 20, "PX": 6, "HD": 10, "XS": 6}

// elsewhere names the test that covers an entry, or says why there is none. A test
// is named as folder and function.
var elsewhere = map[string]string{
	"RU11": "internal/oauth TestCheckRedirectURI", // different: custom schemes need no dot, see docs/spec.md
	"AZ02": "test/flows TestClientsRegisterThemselves",
	"AZ03": "test/flows TestClientsRegisterThemselves",
	"RT03": "test/crash TestKillSignetOnSQLite",
	"RT15": "not offered: DPoP",
	"RT17": "test/flows TestTheDatabaseIsCutOff",
	"CA02": "internal/oauth TestClientAuthentication",
	"CA08": "different: Basic and the body are equal, as at Clerk",
	"CA09": "not offered: client assertions",
	"CA10": "not offered: client assertions",
	"CA11": "not offered: client assertions",
	"CA12": "not offered: client assertions",
	"SC05": "test/flows TestRegistrationIsManaged",
	"SC06": "internal/oauth TestNext",
	"SC11": "different: a refresh token comes with every code, as at Clerk, and the user is asked for the application",
	"MX03": "not offered: issuers with a path",
	"JW02": "internal/token TestVerifyBelievesNoHeader",
	"JW04": "internal/token TestVerifyBelievesNoHeader",
	"JW06": "internal/token TestVerifyBelievesNoHeader",
	"JW07": "internal/token TestSignAndVerify",
	"JW08": "internal/token TestRotation",
	"JW10": "internal/token TestPublishedKeysArePublic",
	"JW11": "not offered: JWTs of others",
	"JW12": "not offered: request objects",
	"RS04": "internal/protect TestProxy",
	"CM01": "internal/registration TestNoSpecialAddressIsDialled",
	"CM02": "internal/registration TestNoSpecialAddressIsDialled",
	"CM03": "internal/registration TestDocuments",
	"CM04": "internal/registration TestDocuments",
	"CM05": "internal/registration TestDocuments",
	"CM06": "internal/oauth TestReadDocument",
	"CM07": "internal/oauth TestDocumentURL",
	"CM08": "test/flows TestClientsWithADocument",
	"CM09": "test/flows TestClientsWithADocument",
	"CM10": "internal/registration TestDocuments",
	"CM11": "internal/registration TestStatements",
	"CM12": "internal/oauth TestClientMetadata",
	"CM13": "not offered: jwks_uri, sector identifiers and back-channel logout",
	"CM14": "test/flows TestClientsRegisterThemselves",
	"CM15": "internal/oauth TestClientMetadata",
	"CM16": "test/flows TestRegistrationIsManaged",
	"CM17": "test/flows TestRegistrationIsManaged",
	"CM18": "not offered: jwks_uri",
	"CM19": "internal/oauth TestDocumentURL",
	"AD08": "internal/backendapi TestRequestsAreDoneOnceUnderAKey",
	"AD12": "internal/backendapi TestAuditNamesWhoDidIt",
	"LC06": "internal/token TestRotation",
	"LC09": "internal/sqlstore TestTheFileStopsGrowing",
	"LO03": "not offered: back-channel logout",
	"LO04": "not offered: back-channel logout",
	"SE05": "internal/account TestOneNetworkIsBounded",
	"SE08": "internal/hosted TestUnknownUsersGetTheSameAnswers",
	"SE10": "internal/account TestHashingIsBounded",
	"SE11": "internal/session TestCookies",
	"SE12": "internal/session TestBeginSignsIn",
	"SE14": "internal/session TestSessionsEnd",
	"SE18": "test/flows TestStepUp",
	"SE19": "test/flows TestSignInWithOthers",
	"PX03": "not offered: Signet speaks HTTP to the proxy in front of it",
	"PX04": "not offered: TLS ends in the proxy",
	"PX05": "internal/peer TestNetwork",
	"PX06": "not offered: no secret is read again while Signet runs",
	"LO06": "not offered: session management by iframe",
}

func TestEveryEntryOfTheCatalogueIsAnswered(t *testing.T) {
	tested := map[string]bool{}
	for _, section := range sections {
		for id := range section {
			tested[id] = true
		}
	}
	functions := testFunctions(t)
	for prefix, n := range counts {
		for i := range n {
			id := fmt.Sprintf("%s%02d", prefix, i+1)
			where, ok := elsewhere[id]
			switch {
			case tested[id] && ok:
				t.Errorf("%s is tested here and elsewhere", id)
			case tested[id]:
			case !ok:
				t.Errorf("%s has no test", id)
			case !strings.Contains(where, ":") && !slices.Contains(functions, where):
				t.Errorf("%s: there is no %s", id, where)
			}
		}
	}
}

// testFunctions lists the tests of the project as elsewhere names them.
func testFunctions(t *testing.T) (all []string) {
	t.Helper()
	root := filepath.Join("..", "..")
	function := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == "node_modules" {
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		for _, m := range function.FindAllStringSubmatch(string(text), -1) {
			all = append(all, filepath.ToSlash(dir)+" "+m[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

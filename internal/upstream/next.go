package upstream

// Known is what is known here of an identity.
type Known struct {
	Owner         string // id of the user whom the identity signs in, or ""
	Visitor       string // id of the user who is signed in and asked to connect it, or ""
	AddressTaken  bool   // some user has the identity's address
	AddressProved bool   // and has proved it
	MayJoin       bool   // the owner of the address may make an account
}

// A Step is what comes after a provider has said who somebody is.
type Step int

// The steps.
const (
	// SignIn signs the owner in.
	SignIn Step = iota
	// Connected tells the visitor that there is nothing to do.
	Connected
	// Taken tells the visitor that the identity is another user's.
	Taken
	// Connect asks the visitor to agree.
	Connect
	// Join asks whether to make an account with the address, which is nobody's.
	Join
	// OwnAccount, UnprovedAccount, NoAccount and NoAddress ask the person to sign in to
	// an account first, by what it has here, and then to agree: nobody gets into an
	// account, nor an account to somebody, because of an address alone.
	OwnAccount      // that has the address
	UnprovedAccount // which has the address and has never proved it
	NoAccount       // if there is one, as nobody may make one
	NoAddress       // or make one, with an address that is proved here
)

// Next decides what comes next for an identity (threat SE19).
func Next(x Identity, k Known) Step {
	switch {
	case k.Visitor != "" && k.Owner == k.Visitor:
		return Connected
	case k.Visitor != "" && k.Owner != "":
		return Taken
	case k.Visitor != "":
		return Connect
	case k.Owner != "":
		return SignIn
	case x.Address == "" || !x.Verified:
		return NoAddress
	case k.AddressTaken && k.AddressProved:
		return OwnAccount
	case k.AddressTaken:
		return UnprovedAccount
	case k.MayJoin:
		return Join
	}
	return NoAccount
}

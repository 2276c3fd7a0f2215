package vpcep_test

import (
	"testing"
	"testing/synctest"

	"github.com/vpcep/vpcep-go"
)

// Responses repeat every secret of their request, in every form and spelling, and it must not
// leak from the library in any way. Each operation is driven with some forms, and one operation
// with all forms and every credential.

var taintGet = operationNamed("GetEndpoint")

func operationNamed(name string) taintOperation {
	for _, o := range taintOperations() {
		if o.String() == name {
			return o
		}
	}
	panic("no operation " + name)
}

// withCredentials drives an operation with every credential and the forms of forms.
func withCredentials(t *testing.T, o taintOperation, cases func(drive func(f form, as spelling))) {
	t.Helper()
	for i, cred := range credentials() {
		if raceDetector && i%5 > 0 { // slow, and it looks for something else
			continue
		}
		t.Run(cred.name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t)
			auth := cred.auth(t)
			cases(func(f form, as spelling) { l.drive(o, cred, auth, f, as) })
		})
	}
}

// isTelling reports whether to drive a form with every spelling instead of a few.
func isTelling(f form) bool {
	switch f.name {
	case "400 flat", "400 JSON in JSON", "400 text", "reason", "malformed trailer", "text that is cut", "header value",
		"success with members of the right types", "success with members strings", "success without an ID", "failure with the echo in its text":
		return true
	}
	return false
}

func spellingsFor(f form) []spelling {
	if isTelling(f) {
		return spellings()
	}
	return someSpellings()[:2]
}

func TestErrorsLeakNothing(t *testing.T) {
	withCredentials(t, taintGet, func(drive func(form, spelling)) {
		for _, f := range statusForms(200, 400, 503) {
			drive(f, rawSpelling())
		}
		for _, status := range taintStatuses {
			drive(inJSON("flat", status, errorShapes("§")["flat"]), rawSpelling())
			drive(inText("text", status, "text/plain", "you sent §"), rawSpelling())
		}
		for _, f := range statusForms(400) {
			if !isTelling(f) {
				continue
			}
			for _, as := range spellings() {
				drive(f, as)
			}
		}
	})
}

func TestSuccessLeaksNothing(t *testing.T) {
	withCredentials(t, taintGet, func(drive func(form, spelling)) {
		for _, f := range append(successForms(), zippedForms()...) {
			for _, as := range spellingsFor(f) {
				drive(f, as)
			}
		}
	})
}

func TestMalformedAnswersLeakNothing(t *testing.T) {
	withCredentials(t, taintGet, func(drive func(form, spelling)) {
		for _, f := range malformedForms() {
			for _, as := range spellingsFor(f) {
				drive(f, as)
			}
		}
	})
}

func TestMalformedAnswersToACreateLeakNothing(t *testing.T) {
	withCredentials(t, operationNamed("CreateEndpoint"), func(drive func(form, spelling)) {
		for _, f := range malformedForms() {
			drive(f, rawSpelling())
		}
	})
}

func TestHeadersLeakNothing(t *testing.T) {
	withCredentials(t, taintGet, func(drive func(form, spelling)) {
		for _, f := range headerForms() {
			drive(f, rawSpelling())
		}
		for _, as := range spellings() {
			drive(inHeader("X-Request-Id", 400, "X-Request-Id: §\r\nX-Other: §\r\n"), as)
		}
	})
}

func TestNamesOfHeadersLeakNothing(t *testing.T) {
	l := newLedger(t)
	for _, cred := range []credential{
		{"StaticToken", []secret{plainToken}, always(vpcep.TokenAuth(vpcep.StaticToken(plainToken.value)))},
		{"AKSK", []secret{accessKey}, always(vpcep.AKSK(pairOfKeys))},
	} {
		for _, f := range namedHeaderForms() {
			for _, as := range []spelling{rawSpelling(), {name: "a beginning", text: part(0, leastPart, false)}, {name: "an end", text: part(0, leastPart, true)}} {
				l.drive(taintGet, cred, cred.auth(t), f, as)
			}
		}
	}
}

// A header name can hold a secret in another spelling, too.
func TestSpellingsInNamesOfHeadersLeakNothing(t *testing.T) {
	l := newLedger(t)
	names := onWire("header name", ok1+"X-§: x\r\n§: y\r\nContent-Length: 12\r\n\r\n{\"id\":\"e-1\"}")
	for _, s := range []secret{plainToken, optionToken, oddToken} {
		cred := credential{s.name, []secret{s}, always(vpcep.TokenAuth(sourceOf(s)))}
		for _, as := range spellings() {
			l.drive(taintGet, cred, cred.auth(t), names, as)
		}
	}
}

// Texts are redacted before they are truncated: half a secret is still a secret.
func TestLongAnswersLeakNothing(t *testing.T) {
	for _, cred := range credentials() {
		if cred.name != "StaticToken" && cred.name != "TokenAuth of an own source" && cred.name != "AKSK with a security token" {
			continue
		}
		t.Run(cred.name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t)
			for _, f := range longForms() {
				for _, as := range someSpellings()[:3] {
					l.drive(taintGet, cred, cred.auth(t), f, as)
				}
			}
		})
	}
}

func TestFailuresOfRoundTrippersLeakNothing(t *testing.T) {
	withCredentials(t, taintGet, func(drive func(form, spelling)) {
		for _, f := range tripForms() {
			for _, as := range spellingsFor(f) {
				drive(f, as)
			}
		}
	})
}

// operationForms represent all forms in tests about operations.
func operationForms() []form {
	forms := successForms()
	for _, f := range append(append(malformedForms(), statusForms(400, 404, 503)...), tripForms()...) {
		switch f.name {
		case "reason", "status", "malformed trailer", "body that is cut", "ID that is cut", "ID before a cut", "HTML", "redirect with a password",
			"400 nested", "400 flat", "400 throttled", "400 over the quota", "404 gone", "404 text", "503 plain", "503 text",
			"failure with the echo in its two causes", "500, body with the echo in the field of its failure":
			forms = append(forms, f)
		}
	}
	return forms
}

func TestOperationsLeakNothing(t *testing.T) {
	for _, cred := range []credential{
		{"StaticToken of letters", []secret{plainToken}, always(vpcep.TokenAuth(vpcep.StaticToken(plainToken.value)))},
		{"AKSK with a security token", keySecrets, always(vpcep.AKSK(tempKeys))},
	} {
		as := rawSpelling()
		if cred.name == "AKSK with a security token" {
			as = someSpellings()[1]
		}
		for _, o := range taintOperations() {
			t.Run(cred.name+", "+o.String(), func(t *testing.T) {
				t.Parallel()
				l := newLedger(t)
				synctest.Test(t, func(t *testing.T) { // waits take no time
					for _, f := range operationForms() {
						l.in(t).drive(o, cred, cred.auth(t), f, as)
					}
				})
			})
		}
	}
}

// A module that imports the library as its users do: it builds only where the
// library's go.mod and exported names are whole.
module github.com/vpcep/vpcep-go/internal/consumer

go 1.25.0

require github.com/vpcep/vpcep-go v0.0.0

require (
	github.com/go-json-experiment/json v0.0.0-20251027170946-4849db3c2f7e // indirect
	github.com/go-resty/resty/v2 v2.17.2 // indirect
	golang.org/x/net v0.58.0 // indirect
	gopkg.in/ini.v1 v1.68.0 // indirect
)

replace github.com/vpcep/vpcep-go => ../..

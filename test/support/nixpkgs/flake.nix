{
  description = "As much of nixpkgs as Parley's flake asks for, made of the programs of the machine that runs the tests";

  outputs =
    { self }:
    let
      host = lib.importJSON ./host.json;

      lib = rec {
        genAttrs = names: make: builtins.listToAttrs (map (name: { inherit name; value = make name; }) names);
        importJSON = file: builtins.fromJSON (builtins.readFile file);
        assertMsg = isTrue: words: isTrue || builtins.throw words;
        optional = isMeant: item: if isMeant then [ item ] else [ ];
        optionalString = isMeant: text: if isMeant then text else "";
        fetchers.proxyImpureEnvVars = [ ];
        fileset.unions = files: files;
        fileset.toSource = { root, fileset }: root;
        licenses.asl20 = "Apache-2.0";
      };

      packagesOf =
        system:
        let
          isLinux = builtins.match ".*-linux" system != null;

          # What is fetched is not fetched here, so it has no hash to match.
          mkDerivation =
            { meta ? { }, outputHash ? null, outputHashMode ? null, ... }@args:
            derivation (
              {
                name = "${args.pname}-${args.version}";
                builder = "/bin/sh";
                args = [ ./build.sh ];
                PATH = host.path;
                inherit system;
              }
              // removeAttrs args [ "meta" "outputHash" "outputHashMode" ]
            )
            // { inherit meta; };

          runCommand = name: env: buildCommand: mkDerivation (env // { inherit name buildCommand; });
          program = name: text: runCommand name { inherit text; passAsFile = [ "text" ]; } ''
            mkdir -p $out/bin
            cp $textPath $out/bin/${name}
            chmod +x $out/bin/${name}
          '';

          packages = {
            inherit lib runCommand;
            stdenv = {
              inherit mkDerivation;
              hostPlatform = {
                inherit isLinux system;
                isDarwin = !isLinux;
                node.platform = if isLinux then "linux" else "darwin";
                node.arch = if builtins.match "x86_64-.*" system != null then "x64" else "arm64";
              };
              cc = program "cc" "" // { bintools.dynamicLinker = "/the/loader"; };
            };
            mkShell = { packages, ... }@args: mkDerivation (args // { name = "shell"; nativeBuildInputs = packages; });
            callPackage =
              file: args: import file (builtins.intersectAttrs (builtins.functionArgs (import file)) packages // args);

            cacert = program "cacert" "";
            cctools = program "libtool" "";
            gnumake = program "make" "";
            python3 = program "python3" "";
            patchelf = program "patchelf" ''
              #!/bin/sh
              test -e "$3"
            '';
            makeWrapper = program "makeWrapper" ''
              #!/bin/sh
              mkdir -p "$(dirname "$2")"
              printf '#!/bin/sh\nexec %s %s "$@"\n' "$1" "$4" >"$2"
              chmod +x "$2"
            '';
            nodejs_24 = runCommand "nodejs" { } ''
              mkdir -p $out/bin
              ln -s ${host.node} $out/bin/node
              printf '#!/bin/sh\nexec %s %s %s "$@"\n' ${host.node} ${./npm.mjs} ${host.modules} >$out/bin/npm
              chmod +x $out/bin/npm
            '';
          };
        in
        packages;
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ] packagesOf;
    };
}

namespace Firn.Cli;

/// <summary>Scripts for shells. Each asks the tool, through System.CommandLine's <c>[suggest:position]</c> directive.</summary>
internal static class CompletionScripts
{
    // Readline breaks words at '@' and ':' too; what stands before such a break is cut off the suggestions again.
    private const string Bash = """
        _firn() {
            local line="${COMP_LINE:0:COMP_POINT}"
            local word="${line##*[[:space:]]}"
            local before="${word%"${COMP_WORDS[COMP_CWORD]}"}"
            local suggestions
            suggestions=$(firn "[suggest:${#line}]" "$line" 2>/dev/null) || return
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$suggestions" -- "$word"))
            COMPREPLY=("${COMPREPLY[@]#"$before"}")
        }
        complete -o default -F _firn firn
        """;

    private const string Zsh = """
        #compdef firn
        _firn() {
            local line="${BUFFER:0:$CURSOR}"
            local -a suggestions
            suggestions=("${(@f)$(firn "[suggest:${#line}]" "$line" 2>/dev/null)}")
            if [[ -n "${suggestions[1]}" ]]; then
                compadd -- "${suggestions[@]}"
            else
                _files
            fi
        }
        compdef _firn firn
        """;

    private const string Fish = """
        function __firn_complete
            set -l line (commandline -cp)
            firn "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c firn -f -a '(__firn_complete)'
        """;

    public static IReadOnlyList<string> Shells { get; } = ["bash", "zsh", "fish"];

    public static string For(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => throw new ArgumentOutOfRangeException(nameof(shell), shell, "No completions for that shell."),
    };
}

# Completion of slotd for fish. It asks the program for its help, so that it
# knows what the version that is there knows.

function __slotd_commands
    slotd --help 2>/dev/null | sed -n 's/^  \([a-z]*\)  */\1\t/p'
    printf '%s\n' --help --version
end

function __slotd_words
    set -l words (commandline -opc)
    set -l usage (slotd $words[2] --help 2>/dev/null | sed '/^$/q' | tr '\n' ' ')
    set -l value
    # What the option before it wants, or else the operands' names.
    switch $words[-1]
        case -c --config
            set value FILE
        case '-*'
            # Nothing else may get into the pattern.
            string match -qr -- '^[a-z-]+$' $words[-1]
            and set value (string replace -rf ".*$words[-1] ([A-Za-z|]+).*" '$1' -- $usage)
    end
    if test -z "$value"
        if string match -q -- '-*' (commandline -ct)
            printf '%s\n' -c --config --help
            string match -ar -- '--[a-z-]+' $usage
            return
        end
        set value (string replace -ar -- '-[-a-z]* [A-Za-z|-]+' '' $usage)
    end
    switch "$value"
        case '*FILE*'
            __fish_complete_path (commandline -ct)
        case '*DIR*'
            __fish_complete_directories (commandline -ct)
        case '* *'
            # No operand that can be completed.
        case '*|*'
            string split '|' -- $value
    end
end

complete -c slotd -f
complete -c slotd -n 'test (count (commandline -opc)) -eq 1' -a '(__slotd_commands)'
complete -c slotd -n 'test (count (commandline -opc)) -gt 1' -a '(__slotd_words)'

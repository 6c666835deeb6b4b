using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Ltx.Tests;

/// <summary>
/// What each type of an assembly refers to, read from its metadata and IL: types by their full names, and members as <c>Namespace.Type::Member</c>.
/// A nested type counts as the one that it stands in. Constants and documentation leave no trace there.
/// </summary>
internal sealed class IlReferences
{
    private static readonly Dictionary<ushort, OperandType> Operands = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => (ushort)code.Value, code => code.OperandType);

    private readonly PEReader _file;
    private readonly MetadataReader _metadata;
    private readonly NamedTypes _named;
    private HashSet<string> _found = [];

    private IlReferences(PEReader file)
    {
        (_file, _metadata) = (file, file.GetMetadataReader());
        _named = new NamedTypes(handle => _found.Add(Name(handle)));
    }

    /// <summary>By the full name of each type, the compiler's own included.</summary>
    public static Dictionary<string, HashSet<string>> Read(string assembly)
    {
        using PEReader file = new(File.OpenRead(assembly));
        IlReferences reader = new(file);
        Dictionary<string, HashSet<string>> types = [];
        foreach (TypeDefinitionHandle handle in reader._metadata.TypeDefinitions)
        {
            string name = reader.Name(handle);
            if (!types.TryGetValue(name, out HashSet<string>? found)) types.Add(name, found = []);
            reader._found = found;
            reader.ReadType(reader._metadata.GetTypeDefinition(handle));
        }
        return types;
    }

    private void ReadType(TypeDefinition type)
    {
        Refer(type.BaseType);
        foreach (InterfaceImplementationHandle handle in type.GetInterfaceImplementations()) Refer(_metadata.GetInterfaceImplementation(handle).Interface);
        foreach (GenericParameterHandle handle in type.GetGenericParameters()) ReadConstraints(handle);
        ReadAttributes(type.GetCustomAttributes());
        foreach (FieldDefinitionHandle handle in type.GetFields())
        {
            FieldDefinition field = _metadata.GetFieldDefinition(handle);
            field.DecodeSignature(_named, null);
            ReadAttributes(field.GetCustomAttributes());
        }
        foreach (MethodDefinitionHandle handle in type.GetMethods())
        {
            MethodDefinition method = _metadata.GetMethodDefinition(handle);
            method.DecodeSignature(_named, null);
            foreach (GenericParameterHandle parameter in method.GetGenericParameters()) ReadConstraints(parameter);
            ReadAttributes(method.GetCustomAttributes());
            if (method.RelativeVirtualAddress != 0) ReadBody(_file.GetMethodBody(method.RelativeVirtualAddress));
        }
    }

    private void ReadConstraints(GenericParameterHandle parameter)
    {
        foreach (GenericParameterConstraintHandle handle in _metadata.GetGenericParameter(parameter).GetConstraints())
        {
            Refer(_metadata.GetGenericParameterConstraint(handle).Type);
        }
    }

    private void ReadAttributes(CustomAttributeHandleCollection attributes)
    {
        foreach (CustomAttributeHandle handle in attributes) Refer(_metadata.GetCustomAttribute(handle).Constructor);
    }

    private void ReadBody(MethodBodyBlock body)
    {
        if (!body.LocalSignature.IsNil) _metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(_named, null);
        foreach (ExceptionRegion region in body.ExceptionRegions) Refer(region.CatchType);
        BlobReader il = body.GetILReader();
        while (il.RemainingBytes > 0)
        {
            int code = il.ReadByte();
            if (code == 0xFE) code = code << 8 | il.ReadByte(); // the first byte of those of two
            switch (Operands[(ushort)code])
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    Refer(MetadataTokens.EntityHandle(il.ReadInt32()));
                    break;
                case OperandType.InlineNone: break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar: il.Offset += 1; break;
                case OperandType.InlineVar: il.Offset += 2; break;
                case OperandType.InlineI8 or OperandType.InlineR: il.Offset += 8; break;
                case OperandType.InlineSwitch:
                    int targets = il.ReadInt32();
                    il.Offset += sizeof(int) * targets;
                    break;
                default: il.Offset += 4; break;
            }
        }
    }

    private void Refer(EntityHandle handle)
    {
        if (handle.IsNil) return;
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition or HandleKind.TypeReference:
                _found.Add(Name(handle));
                break;
            case HandleKind.TypeSpecification:
                _metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(_named, null);
                break;
            case HandleKind.MethodDefinition:
                MethodDefinition method = _metadata.GetMethodDefinition((MethodDefinitionHandle)handle);
                ReferMember(method.GetDeclaringType(), method.Name);
                break;
            case HandleKind.FieldDefinition:
                FieldDefinition field = _metadata.GetFieldDefinition((FieldDefinitionHandle)handle);
                ReferMember(field.GetDeclaringType(), field.Name);
                break;
            case HandleKind.MemberReference:
                MemberReference member = _metadata.GetMemberReference((MemberReferenceHandle)handle);
                ReferMember(member.Parent, member.Name);
                break;
            case HandleKind.MethodSpecification:
                MethodSpecification generic = _metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                Refer(generic.Method);
                generic.DecodeSignature(_named, null);
                break;
            default:
                throw new NotSupportedException($"Code does not refer to a {handle.Kind}.");
        }
    }

    private void ReferMember(EntityHandle type, StringHandle member)
    {
        Refer(type);
        if (type.Kind is HandleKind.TypeDefinition or HandleKind.TypeReference) _found.Add($"{Name(type)}::{_metadata.GetString(member)}");
    }

    // Of the type, or of the outermost one that it stands in.
    private string Name(EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeDefinition)
        {
            TypeDefinition type = _metadata.GetTypeDefinition((TypeDefinitionHandle)handle);
            return type.IsNested ? Name(type.GetDeclaringType()) : Join(type.Namespace, type.Name);
        }
        TypeReference reference = _metadata.GetTypeReference((TypeReferenceHandle)handle);
        return reference.ResolutionScope.Kind == HandleKind.TypeReference ? Name(reference.ResolutionScope) : Join(reference.Namespace, reference.Name);
    }

    private string Join(StringHandle space, StringHandle name) => space.IsNil ? _metadata.GetString(name) : $"{_metadata.GetString(space)}.{_metadata.GetString(name)}";

    /// <summary>Tells of every type that a signature names; what the signature makes of it is of no interest.</summary>
    private sealed class NamedTypes(Action<EntityHandle> found) : ISignatureTypeProvider<object?, object?>
    {
        public object? GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => Found(handle);

        public object? GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => Found(handle);

        public object? GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public object? GetModifiedType(object? modifier, object? unmodifiedType, bool isRequired) => null;

        public object? GetArrayType(object? elementType, ArrayShape shape) => null;

        public object? GetByReferenceType(object? elementType) => null;

        public object? GetFunctionPointerType(MethodSignature<object?> signature) => null;

        public object? GetGenericInstantiation(object? genericType, System.Collections.Immutable.ImmutableArray<object?> typeArguments) => null;

        public object? GetGenericMethodParameter(object? genericContext, int index) => null;

        public object? GetGenericTypeParameter(object? genericContext, int index) => null;

        public object? GetPinnedType(object? elementType) => null;

        public object? GetPointerType(object? elementType) => null;

        public object? GetPrimitiveType(PrimitiveTypeCode typeCode) => null;

        public object? GetSZArrayType(object? elementType) => null;

        private object? Found(EntityHandle handle)
        {
            found(handle);
            return null;
        }
    }
}
